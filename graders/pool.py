"""Judging in parallel: local processes, or any other executor, a few submissions ahead of whoever takes the verdicts."""

from __future__ import annotations

import ctypes
import gc
import importlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from graders.job import Job, modules_of
from graders.judge import JudgeError, Verdict
from graders.judge.warm import WarmProcess, shared
from graders.store import VerdictStore

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

__all__ = ["Judging", "LocalPool", "judge_here"]

log = logging.getLogger(__name__)
TICK_SECONDS = 0.5
PR_SET_PDEATHSIG = 1


class LocalPool(Executor):
    """``jobs`` processes on this machine, which fork their kernels from one warm process that has imported ``modules``.

    Without modules the kernels start cold. A worker that dies takes what is under way with it (``BrokenExecutor``); what is
    submitted afterwards gets new workers. Made and used in one thread, which lives as long as the pool shall.
    """

    def __init__(self, jobs: int, modules: Iterable[str]) -> None:
        self.capacity = jobs
        self._warm = _warm_process(modules)
        alone = sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1
        self._context: Any = multiprocessing.get_context("fork" if alone else "spawn")  # a fork has everything imported already
        self._stop = self._context.Event()
        self._modules = tuple(modules)
        self._workers: ProcessPoolExecutor | None = None
        gc.disable()  # until the workers are there: what is imported meanwhile stays, and looking through it again and again takes long

    def _new(self) -> ProcessPoolExecutor:
        if self._context.get_start_method() == "fork":
            _import_once(self._modules)
            gc.freeze()  # or each worker's collector would touch, and so copy, all that it shares with this process
        gc.enable()
        address = self._warm.folder if self._warm else None
        return ProcessPoolExecutor(self.capacity, self._context, initializer=_prepare_worker, initargs=(self._stop, address, os.getpid()))

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As every executor."""
        self._workers = self._workers or self._new()
        try:
            return self._workers.submit(function, *args, **kwargs)
        except BrokenExecutor:
            self._workers.shutdown(wait=True, cancel_futures=True)
            self._workers = self._new()
            return self._workers.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As every executor; and the warm process ends."""
        if self._workers:
            self._workers.shutdown(wait=wait, cancel_futures=cancel_futures)
        if self._warm:
            self._warm.close()
            self._warm = None
        gc.enable()
        gc.unfreeze()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is not None:  # Ctrl-C among them: end the kernels, keep what is stored
            self._stop.set()
        self.shutdown(wait=True, cancel_futures=kind is not None)


def _import_once(modules: Iterable[str]) -> None:
    """Import here what every forked worker would import by itself: what belongs to libraries that the exercises have imported."""
    for name in (name.partition(":")[0] for name in modules):
        if name.partition(".")[0] in sys.modules and name not in sys.modules:
            with suppress(ImportError):
                importlib.import_module(name)


def _warm_process(modules: Iterable[str]) -> WarmProcess | None:
    try:
        return WarmProcess(modules) if modules and sys.platform == "linux" else None
    except OSError as error:  # no bubblewrap, most likely, which will be said where it matters
        log.warning("kernels start cold, there is no warm process: %s", error)
        return None


Judged = tuple[str, Job | None, Verdict | Exception | str, bool]


class Judging:
    """Goes through ``work`` (name, and job or the reason why there is none) and gives, in whatever order it comes:

    name, job, what came of it, whether it was known already. What came is a verdict, which is in ``store`` by then; the error that
    kept it from being judged; or the reason. ``tick`` is called while there is nothing to give.
    """

    def __init__(self, work: Iterator[tuple[str, Job | str]], store: VerdictStore, pool: Executor, tick: Callable[[], None]) -> None:
        self.work, self.store, self.pool, self.tick = work, store, pool, tick
        self.under_way: dict[Future[Verdict], Job] = {}
        self.known: list[Judged] = []
        self.suspects: list[Job] = []

    def begin(self) -> None:
        """Let as much be under way as may be: enough that no worker waits, not so much that it would fill the memory."""
        most = 2 * int(getattr(self.pool, "capacity", None) or os.cpu_count() or 1)
        while len(self.under_way) < most and len(self.known) < most:
            name, job = next(self.work, (None, ""))
            if name is None:
                return
            if isinstance(job, str):
                self.known.append((name, None, job, False))
            elif (stored := self.store.load(job.assignment, job.key)) is not None:
                self.known.append((name, job, stored, True))
            else:
                self.under_way[self.pool.submit(judge_here, job)] = job

    def __iter__(self) -> Iterator[Judged]:
        while True:
            self.begin()
            if self.known:
                yield self.known.pop()
            elif self.under_way:
                yield from self._finished()
            elif self.suspects:
                yield self._alone(self.suspects.pop())
            else:
                return

    def _finished(self) -> Iterator[Judged]:
        ended, _rest = wait(self.under_way, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
        outcomes = [(self.under_way.pop(future), _outcome(future)) for future in ended]
        self.suspects += [job for job, outcome in outcomes if isinstance(outcome, BrokenExecutor)]
        kept = [self._kept(job, outcome) for job, outcome in outcomes if not isinstance(outcome, BrokenExecutor)]
        self.tick()
        yield from kept

    def _alone(self, job: Job) -> Judged:
        """A worker died and took the others' work with it: one at a time, so that only the culprit suffers."""
        with LocalPool(1, []) as pool:
            return self._kept(job, _outcome(pool.submit(judge_here, job)))

    def _kept(self, job: Job, outcome: Verdict | Exception) -> Judged:
        if isinstance(outcome, Verdict):
            self.store.save(job.assignment, job.key, outcome)
        return job.student, job, outcome, False


def _outcome(future: Future[Verdict]) -> Verdict | Exception:
    try:
        return future.result()
    except (JudgeError, BrokenExecutor, OSError, ValueError, RuntimeError) as error:
        return error


_stop: Event | None = None
_warm: Path | None = None


def _prepare_worker(stop: Event, warm: Path | None, coordinator: int) -> None:
    global _stop, _warm
    _stop, _warm = stop, warm
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides; it sets ``stop``
    threadpool_limits(1)  # the processes share the cores
    if sys.platform == "linux":  # no worker outlives a coordinator that was killed
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != coordinator:  # it was killed before that was said
            os._exit(1)


def judge_here(job: Job) -> Verdict:
    """Judge ``job`` in this process; what an executor runs. Where no pool gave a warm process, this process starts one of its own."""
    warm = _warm
    if warm is None and _stop is None and not job.no_sandbox:
        warm = shared(modules_of(job.source))
    return job.judge(cancelled=(lambda: False) if _stop is None else _stop.is_set, warm=warm)
