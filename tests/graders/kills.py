"""Kill a running grader at random moments, go on, and compare the gradebook with that of a run that nobody disturbed.

The test's process becomes the *subreaper* of what it starts (prctl(2)): whatever outlives its parents is then found below it.
"""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade

from graders import record
from tests.graders import coordinator
from tests.graders.tiny_course import ASSIGNMENT, LIMITS, LOADER, hand_in, make_course, submission

__all__ = ["KINDS", "Loop", "gradebook", "make_cohort", "offspring_found", "undisturbed"]

FATAL = ("coordinator", "recording")  # both kill the coordinator, the second just after it has written something
KINDS = (*FATAL, "worker", "sandbox")
GONE_SECONDS = 20.0  # how long after the coordinator's end its workers and kernels may take to go
ANSWERS = [
    {}, {"double": "def double(x):\n    return x * x"}, {"mean": "def mean(v):\n    return 0"}, {"shift": "def shift(v):\n    return v"},
    {"double": "def double(x):\n    return 2 * x\nprint('hello')"}, {"mean": "raise ValueError('unfinished')"},
]


def make_cohort(folder: Path, learners: int = 12, db_url: str = "") -> Path:
    """A course with ``learners`` different submissions, one broken, one missing; with its secret, so that all copies ask the same."""
    course = make_course(folder)
    for number in range(learners - 2):
        hand_in(course, f"learner{number:02}", submission("ko" if number % 3 else "en", **ANSWERS[number % len(ANSWERS)]))
    hand_in(course, "broken", b"no notebook")
    hand_in(course, "missing", b"").unlink()
    (course / "gradebook.db.secret").write_bytes(b"k" * 32)
    if db_url:
        settings = f'c = get_config()\nc.CourseDirectory.db_url = {db_url!r}\nc.CourseDirectory.course_id = "course"\n'
        (course / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    return course


def gradebook(course: Path) -> dict[tuple[str, str], Any]:
    """Every score that the gradebook and the autograded notebooks hold, by learner and cell."""
    coursedir = record.course_directory(course, ASSIGNMENT)
    found: dict[tuple[str, str], Any] = {}
    with record._quiet(), Gradebook(coursedir.db_url, coursedir.course_id) as book:
        for submitted in book.assignment_submissions(ASSIGNMENT):
            student = submitted.student.id
            assert (student, "all") not in found, f"{student} stands twice in the gradebook"
            found[student, "all"] = (submitted.score, submitted.max_score, submitted.needs_manual_grade)
            for grade in (grade for nb in submitted.notebooks for grade in nb.grades):
                found[student, grade.name] = (grade.auto_score, grade.manual_score, grade.max_score, grade.needs_manual_grade)
    for path in sorted((course / "autograded").glob(f"*/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")):
        for cell in filter(is_grade, nbformat.read(path, as_version=4).cells):
            found[path.parent.parent.name, f"autograded {cell.metadata.nbgrader.grade_id}"] = determine_grade(cell)
    return found


def undisturbed(course: Path, jobs: int = 2) -> tuple[dict[tuple[str, str], Any], float]:
    """Grade ``course`` to the end: what the gradebook holds then, and the seconds from the first sign of work on."""
    run = Run(course, jobs)
    run.wait_for_work()
    started = time.monotonic()
    run.finish()
    return gradebook(course), time.monotonic() - started


@contextmanager
def offspring_found() -> Iterator[None]:
    """Processes whose parents died come to this one, as long as this lasts (Linux)."""
    prctl, set_child_subreaper = ctypes.CDLL(None, use_errno=True).prctl, 36
    assert prctl(set_child_subreaper, 1, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        prctl(set_child_subreaper, 0, 0, 0, 0)


class Run:
    """One coordinator, seen from outside."""

    def __init__(self, course: Path, jobs: int) -> None:
        self.course, self.before = course, {p.pid for p in psutil.Process().children(recursive=True)}
        self.changed_before = self.last_change()
        with (course / "run.log").open("ab") as log:
            self.process = subprocess.Popen(
                coordinator.line(ASSIGNMENT, course, LOADER, jobs=jobs, limits=LIMITS), cwd=coordinator.ROOT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
            )

    def last_change(self) -> int:
        """When something was recorded last: the gradebook's file, its journal, or an autograded notebook."""
        paths = [*self.course.glob("gradebook.db-*"), self.course / "gradebook.db", *self.course.glob("autograded/*/*")]
        times = [0]
        for path in paths:
            with suppress(FileNotFoundError):
                times.append(path.stat().st_mtime_ns)
        return max(times)

    def wait_until(self, happened: Callable[[], Any], seconds: float = 120) -> bool:
        """True once ``happened()``, False where the run ends before. Raises TimeoutError where nothing goes on."""
        end = time.monotonic() + seconds
        while not happened():
            if self.process.poll() is not None:
                return False
            if time.monotonic() > end:
                raise TimeoutError(f"the coordinator hangs: {self.words()}")
            time.sleep(0.002)
        return True

    def wait_for_work(self) -> bool:
        """True once the run holds the course's lock, False where it ended before."""
        lock = self.course / "verdicts" / ".lock"
        return self.wait_until(lambda: lock.exists() and lock.read_text(encoding="ascii") == str(self.process.pid))

    def victims(self, kind: str) -> list[psutil.Process]:
        """Processes of this kind that are alive now."""
        with suppress(psutil.Error):
            below = psutil.Process(self.process.pid).children(recursive=True)
            return [p for p in below if ("sandbox" if _isolated(p) else "worker") == kind]
        return []

    def kill(self, kind: str) -> bool:
        """SIGKILL one process of this kind, False where there is none any more."""
        if kind in FATAL:
            self.process.kill()
            return True
        found: list[psutil.Process] = []
        if not self.wait_until(lambda: found.extend(self.victims(kind)) or found):
            return False
        with suppress(psutil.NoSuchProcess):
            random.Random(len(found) + found[0].pid).choice(found).kill()
            return True
        return False

    def finish(self, expected: Collection[int] = (0,)) -> None:
        """Wait for the end; nothing that the run started may be left."""
        code = self.process.wait(240)
        assert code in expected, f"the coordinator ended with {code}: {self.words()}"
        end = time.monotonic() + GONE_SECONDS
        while (left := self.left()) and time.monotonic() < end:
            time.sleep(0.02)
        named = [f"{process.pid} {_line(process)}" for process in left]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        assert not left, f"left behind: {named}"

    def left(self) -> list[psutil.Process]:
        """What still runs of all that was started."""
        left = []
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess, ChildProcessError):
                if process.pid in self.before or "chrom" in process.name():  # the browser of other tests starts helpers when it likes
                    continue
                if process.status() == psutil.STATUS_ZOMBIE and process.ppid() == os.getpid():
                    os.waitpid(process.pid, os.WNOHANG)
                else:
                    left.append(process)
        return left

    def words(self) -> str:
        """The last words of all runs on the course."""
        return (self.course / "run.log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:160]
    except psutil.NoSuchProcess:
        return "gone meanwhile"


def _isolated(process: psutil.Process) -> bool:
    """True for processes in a process namespace below this one, and for bubblewrap's outer process."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:  # it has ended meanwhile
        return False
    spaces = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(spaces) > 1 or process.name() == "bwrap"


@dataclass
class Loop:
    """Kill ``kinds`` in random order. ``fresh()`` gives a course on which nothing was graded yet; ``due`` is what must come out.

    A chain: a fresh course, up to three disturbed runs, a last one undisturbed, then the comparison. ``done`` counts kills by kind.
    """

    fresh: Callable[[], Path]
    due: dict[tuple[str, str], Any]
    seconds: float
    kills: int
    seed: int
    kinds: tuple[str, ...] = KINDS
    jobs: int = 2
    kill_database: Callable[[Path], None] | None = None
    done: Counter[str] = field(default_factory=Counter)
    chains: int = 0
    judged_again: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def run(self) -> None:
        """Kill ``kills`` times. Raises AssertionError where a score differs or a process is left."""
        while self.done.total() < self.kills:
            course = self.fresh()
            self._chain(course)
            self.chains += 1
            shutil.rmtree(course)

    def _chain(self, course: Path) -> None:
        for _run in range(self.rng.randint(1, 3)):
            self._disturb(course)
        last = self._resume(course)
        found = gradebook(course)
        wrong = {key: (found.get(key), due) for key, due in self.due.items() if found.get(key) != due}
        assert not wrong, f"seed {self.seed}, chain {self.chains}: {last.words()}\n{wrong}"
        assert set(found) == set(self.due), f"seed {self.seed}, chain {self.chains}: {set(found) ^ set(self.due)}"

    def _disturb(self, course: Path) -> None:
        """One run, with kills until the coordinator is among them, the run ends, or there were three."""
        run, expected, missing = Run(course, self.jobs), {0}, self.kills - self.done.total()
        for _kill in range(min(3, missing)):
            kind = self.rng.choice(self.kinds)
            if not self._strike(run, kind):
                break  # it had finished: nothing left to disturb
            self.done[kind] += 1
            expected.add(-signal.SIGKILL if kind in FATAL else 1)
            if kind in FATAL:
                break
        run.finish(expected)

    def _strike(self, run: Run, kind: str) -> bool:
        """Wait for a random moment of this run and kill; False where the run ended before."""
        if kind == "recording":
            moment = run.wait_until(lambda: run.last_change() != run.changed_before) and self._pause(run, self.rng.expovariate(10))
        else:
            moment = run.wait_for_work() and self._pause(run, self.rng.uniform(0, self.seconds / 2))
        if moment and kind == "database" and self.kill_database is not None:
            self.kill_database(run.course)
            return True
        return moment and run.kill(kind)

    def _pause(self, run: Run, seconds: float) -> bool:
        end = time.monotonic() + seconds
        return run.wait_until(lambda: time.monotonic() > end)

    def _resume(self, course: Path) -> Run:
        """Grade to the end. A kernel killed from outside looks like one that its learner killed, so such verdicts are set aside first."""
        for path in (course / "verdicts" / ASSIGNMENT).glob("*.json"):
            if '"died"' in path.read_text(encoding="utf-8"):
                path.unlink()
                self.judged_again += 1
        run = Run(course, self.jobs)
        run.finish()
        return run
