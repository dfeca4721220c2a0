"""Judging on a Dask cluster: a ``concurrent.futures.Executor`` whose workers are other processes and machines.

    with ClusterExecutor("tcp://scheduler:8786", "ch05_cleansing") as executor:
        grade_assignment("ch05_cleansing", course, executor=executor)

Dask carries jobs and results, starts workers anew and places resources. What stands here is what grading needs on top: who may
judge (same code, same versions, a sandbox), one job a worker thread at a time, and what happens when something goes away:

- a worker dies: its job goes to another one; a job whose workers died ``DEATHS`` times is not judged, and the others go on;
- the scheduler goes away: the jobs wait here, are handed out again when it is back, and the run ends after ``patience`` seconds;
- no worker is left, or none with what a job needs (a GPU): the same, with the reason in words.

No more jobs are with the scheduler than there are worker threads; all others stay in this process. One thread of this process
does all of this and owns all state; everybody else puts functions into its mailbox. A future is resolved once, whatever happens.

Dask's messages are unpickled at both ends and jobs carry the course's secret: trusted machines and networks only, or ``tls://``
(``graders/SCALE.md``). What comes out of a sandbox is still never unpickled: that is the judge's own wire, on the worker.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, cast

import dask
from distributed import Client, KilledWorker

from datacentric_helpers.i18n import gettext as _
from graders.cluster_worker import VersionMismatch, call, card, difference, packed, versions
from graders.job import LOADER
from graders.judge import JudgeError

__all__ = ["ClusterError", "ClusterExecutor"]

log = logging.getLogger(__name__)
DEATHS = 3
LOOK_SECONDS = 1.0
START_SECONDS = 60.0
Needs = tuple[tuple[str, float], ...]


class ClusterError(JudgeError):
    """The cluster cannot judge, or not any more; the message says why and what to do."""


@dataclass(eq=False)
class _Work:
    """One submitted call. ``sent``: the cluster's future for it, while a worker has it. ``deaths``: workers that died over it."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    needs: Needs
    future: Future[Any] = field(default_factory=Future)
    sent: Future[Any] | None = None
    deaths: int = 0


@dataclass(eq=False)
class _Worker:
    """One worker process. ``accepted`` is None until its card came; ``works``: what it has in hand."""

    address: str
    threads: int
    offers: dict[str, float]
    accepted: bool | None = None
    works: set[_Work] = field(default_factory=set)

    def can(self, needs: Needs) -> bool:
        """Whether it may judge, and offers what is needed."""
        return bool(self.accepted) and all(self.offers.get(name, 0) >= amount for name, amount in needs)


class ClusterExecutor(Executor):
    """Runs calls on the workers behind the scheduler at ``address`` that can judge ``assignment`` as this process would.

    ``resources_of(*args)``: what a call needs of a worker, as Dask resources such as ``{"GPU": 1}``. ``patience``: seconds to wait for a
    scheduler or for workers that went away. ``tell`` gets messages for people (default: the log), from another thread.
    Raises ClusterError where there is no scheduler, or no worker that may judge.
    """

    def __init__(
        self,
        address: str,
        assignment: str,
        loader: str = LOADER,
        *,
        no_sandbox: bool = False,
        resources_of: Callable[..., dict[str, float]] = lambda *args: {},
        patience: float = 300.0,
        start_seconds: float = START_SECONDS,
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        self.address, self.patience, self.tell = address, patience, tell
        self.refused: dict[str, str] = {}
        self._asked = (assignment, loader)
        self._expected, self._needs_sandbox, self._resources_of = versions(*self._asked), not no_sandbox, resources_of
        self._workers: dict[str, _Worker] = {}
        self._queue: deque[_Work] = deque()
        self._able: dict[Needs, float] = {}
        self._mail: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._closing, self._dropping, self._ready = threading.Event(), threading.Event(), threading.Event()
        self._broken: ClusterError | None = None
        self._lock = threading.Lock()  # between ``submit`` and the end: no call may slip in behind the last look
        self._deadline = time.monotonic() + start_seconds
        self._client: Any = None
        self._connect(min(10.0, start_seconds))
        self._thread = threading.Thread(target=self._run, name="dcai-cluster", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._broken is not None:
            self._thread.join()
            raise self._broken

    @property
    def capacity(self) -> int:
        """How many calls can run at once: the threads of all accepted workers; 1 while there is none."""
        return max(1, sum(worker.threads for worker in list(self._workers.values()) if worker.accepted))

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future of ``function(*args, **kwargs)``. Raises ClusterError where the cluster is given up, RuntimeError after shutdown."""
        work = _Work(function, args, kwargs, tuple(sorted(self._resources_of(*args).items())))
        with self._lock:
            if self._broken is not None:
                raise self._broken
            if self._closing.is_set():
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._mail.put(partial(self._queue.append, work))
        return work.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take nothing more; wait for what is under way. With ``cancel_futures`` drop it: workers finish it, nobody hears of it."""
        if cancel_futures:
            self._dropping.set()
        with self._lock:
            self._closing.set()
        self._mail.put(lambda: None)
        if wait:
            self._thread.join()

    def __exit__(self, kind: Any, *rest: Any) -> None:
        """Wait for all; after an exception (Ctrl-C) for nothing."""
        self.shutdown(cancel_futures=kind is not None)

    # ---- from here on: the one thread ----

    def _run(self) -> None:
        looked = -math.inf
        try:
            while not self._finished():
                self._read_mail(looked + LOOK_SECONDS - time.monotonic())
                if time.monotonic() - looked >= LOOK_SECONDS:
                    self._look()
                    looked = time.monotonic()
                self._hand_out()
            self._give_up(ClusterError(_("grading on the cluster was stopped")))
        except ClusterError as error:
            self._give_up(error)
        except Exception as error:  # whatever it is: nobody may wait for ever for a result
            self._give_up(ClusterError(_("the connection to the cluster failed: {error}").format(error=repr(error))))
        finally:
            self._client.close(timeout=5)

    def _finished(self) -> bool:
        idle = not self._queue and not any(worker.works for worker in self._workers.values()) and self._mail.empty()
        return self._dropping.is_set() or (self._closing.is_set() and idle)

    def _give_up(self, error: ClusterError) -> None:
        """No call is left waiting, none comes after it."""
        with self._lock:
            self._broken = error
        while not self._mail.empty():
            self._mail.get()()
        for work in [*self._queue, *(work for worker in self._workers.values() for work in worker.works)]:
            if not work.future.done() and (work.future.running() or work.future.set_running_or_notify_cancel()):
                work.future.set_exception(error)
        self._queue.clear()
        self._workers.clear()
        self._ready.set()

    def _read_mail(self, seconds: float) -> None:
        try:
            self._mail.get(timeout=max(0.0, seconds))()
            while True:
                self._mail.get_nowait()()
        except Empty:
            return

    def _connect(self, seconds: float) -> None:
        """A client of the scheduler, waiting for it ``seconds`` at most."""
        deadline, connect = time.monotonic() + seconds, cast("Callable[..., Any]", Client)  # Dask's methods carry no types
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})  # a notebook may be 32 MB
        while True:
            try:
                self._client = connect(self.address, timeout=min(5.0, seconds), set_as_default=False)
                break
            except OSError as error:
                if time.monotonic() > deadline or self._dropping.is_set():
                    text = _("no scheduler answers at {address} ({error}). Start one: dask scheduler")
                    raise ClusterError(text.format(address=self.address, error=error)) from error
                self._dropping.wait(0.2)
            except (ValueError, TypeError, RuntimeError) as error:  # an unknown scheme, TLS without certificates
                text = _("{address} cannot be used: {error}. For tls:// Dask must know the certificates, see graders/SCALE.md")
                raise ClusterError(text.format(address=self.address, error=error)) from error
        self._pool, self._scheduler = self._client.get_executor(pure=False, retries=0), ""

    def _identity(self) -> dict[str, Any]:
        found: dict[str, Any] = self._client.sync(self._client.scheduler.identity, n_workers=-1, callback_timeout=30)
        return found

    def _look(self) -> None:
        """Who came, who went; what can wait no longer."""
        try:
            identity = self._identity()
        except OSError:
            identity = {}
        self._scheduler = self._scheduler or identity.get("id", "")
        if not identity or identity["id"] != self._scheduler or self._client.status != "running":
            self._reconnect()
            return
        for address in self._workers.keys() - identity["workers"].keys():
            self._gone(self._workers.pop(address))
        for address in identity["workers"].keys() - self._workers.keys():
            self._came(address, identity["workers"][address])
        self._start()
        self._fail_hopeless(time.monotonic())

    def _reconnect(self) -> None:
        """The scheduler went away: everything is to be handed out again."""
        text = _("the scheduler at {address} is gone: waiting {seconds} seconds for it")
        self.tell(text.format(address=self.address, seconds=f"{self.patience:g}"))
        for worker in self._workers.values():
            for work in worker.works:
                self._again(work)
        self._workers.clear()
        self._client.close(timeout=5)
        self._connect(self.patience)
        self._able = dict.fromkeys(self._able, time.monotonic())
        self.tell(_("the scheduler at {address} is back").format(address=self.address))

    def _came(self, address: str, facts: dict[str, Any]) -> None:
        """Ask a new worker for its card; it gets no job before that has come."""
        self.refused.pop(address, None)
        worker = self._workers[address] = _Worker(address, facts["nthreads"], facts["resources"])
        sent = self._pool.submit(*packed(card, *self._asked), workers=[address])
        sent.add_done_callback(lambda done: self._mail.put(partial(self._judge_card, worker, done)))

    def _judge_card(self, worker: _Worker, sent: Future[Any]) -> None:
        if self._workers.get(worker.address) is not worker or sent.cancelled():
            return
        error = sent.exception()
        if error is not None:
            self._refuse(worker, _("it cannot load the course: {error}").format(error=repr(error)))
            return
        found, usable, why = sent.result()
        if found != self._expected:
            self._refuse(worker, difference(found, self._expected))
        elif self._needs_sandbox and not usable:
            self._refuse(worker, why)
        else:
            worker.accepted = True

    def _refuse(self, worker: _Worker, why: str) -> None:
        worker.accepted = False
        self.refused[worker.address] = why
        self.tell(_("worker {address} is not used: {why}").format(address=worker.address, why=why))

    def _start(self) -> None:
        """Let the constructor return, once every worker that is there has shown its card and one is accepted."""
        if self._ready.is_set():
            return
        late, states = time.monotonic() > self._deadline, [worker.accepted for worker in self._workers.values()]
        if any(states) and (late or None not in states):
            self._able[()] = time.monotonic()
            self._ready.set()
        elif late or (states and None not in states):
            raise ClusterError(self._no_worker())

    def _no_worker(self) -> str:
        if not self.refused:
            text = _("no worker at {address}. Start some on each machine: dask worker {address} --nworkers auto --nthreads 1")
            return text.format(address=self.address)
        reasons = "; ".join(f"{address}: {why}" for address, why in self.refused.items())
        return _("no worker at {address} can be used: {reasons}").format(address=self.address, reasons=reasons)

    def _gone(self, worker: _Worker) -> None:
        """A worker died or left: what it had goes to another one, unless it has killed enough of them."""
        for work in worker.works:
            work.deaths += 1
            sent = work.sent
            if work.deaths < DEATHS:
                self._again(work)
            else:
                self._killed(work)
            if sent is not None:
                sent.cancel()

    def _killed(self, work: _Work) -> None:
        work.sent = None
        work.future.set_exception(JudgeError(_("the worker that judged it died, {n} times").format(n=work.deaths)))

    def _again(self, work: _Work) -> None:
        work.sent = None
        self._queue.appendleft(work)

    def _fail_hopeless(self, now: float) -> None:
        """End what no worker offers. What once was offered is waited for; without any worker at all the run ends."""
        for needs in {*self._able, *(work.needs for work in self._queue)}:
            if any(worker.can(needs) for worker in self._workers.values()):
                self._able[needs] = now
            elif now - self._able.get(needs, -math.inf) > self.patience and self._ready.is_set():
                if not needs:
                    raise ClusterError(self._no_worker())
                self._fail(needs)

    def _fail(self, needs: Needs) -> None:
        words = ", ".join(f"{name}={amount:g}" for name, amount in needs)
        text = _("no worker offers {needs}. Start one that does: dask worker {address} --nthreads 1 --resources \"{needs}\"")
        for work in [work for work in self._queue if work.needs == needs]:
            self._queue.remove(work)
            if work.future.running() or work.future.set_running_or_notify_cancel():
                work.future.set_exception(ClusterError(text.format(needs=words, address=self.address)))

    def _hand_out(self) -> None:
        """One job to each free thread; workers that offer nothing special choose first."""
        free = [worker for worker in self._workers.values() if worker.accepted and len(worker.works) < worker.threads]
        for worker in sorted(free, key=lambda worker: len(worker.offers)):
            while len(worker.works) < worker.threads and (work := self._next(worker)) is not None:
                self._send(work, worker)

    def _next(self, worker: _Worker) -> _Work | None:
        for work in self._queue:
            if worker.can(work.needs):
                self._queue.remove(work)
                return work
        return None

    def _send(self, work: _Work, worker: _Worker) -> None:
        if not work.future.running() and not work.future.set_running_or_notify_cancel():
            return
        job = packed(call, self._expected, *self._asked, work.function, work.args, work.kwargs)
        work.sent = self._pool.submit(*job, workers=[worker.address], resources=dict(work.needs) or None)
        worker.works.add(work)
        work.sent.add_done_callback(lambda done: self._mail.put(partial(self._done, work, worker, done)))

    def _done(self, work: _Work, worker: _Worker, sent: Future[Any]) -> None:
        """One result, or why there is none. What comes late, from a worker that was given up, is dropped."""
        if work.sent is not sent:
            return
        worker.works.discard(work)
        work.sent = None  # lets the cluster forget the result
        error = None if sent.cancelled() else sent.exception()
        if sent.cancelled():
            self._again(work)
        elif isinstance(error, VersionMismatch):
            self._refuse(worker, str(error))
            self._again(work)
        elif isinstance(error, KilledWorker):  # Dask's own count, where a worker comes back under its old address
            work.deaths += 1
            self._killed(work)
        elif error is not None:
            log.debug("a job failed", exc_info=error)
            work.future.set_exception(error.with_traceback(None))  # whose frames would keep the job's bytes on the cluster
        else:
            work.future.set_result(sent.result())
