"""Grade a cohort: judge what was handed in, in parallel; keep each verdict; record them one by one.

    submitted/<student>/<assignment>/<assignment>.ipynb ──► verdicts/<assignment>/<key>.json ──► gradebook.db, autograded/

Only this process writes. Judging goes through a ``concurrent.futures.Executor``; anything may interrupt it: what is judged
is kept, and the next run goes on from there. A submission that cannot be read is named, scores what can be judged, and
never stops the others.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.i18n import language
from graders.judge import JudgeError, Limits, Verdict, available
from graders.judge.job import LOADER, Job, exercises_of, load_source, parse_source
from graders.judge.report import incident
from graders.judge.session import checked_exercises
from graders.judge.store import VerdictStore, secret_of
from graders.submissions import read_submission

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from nbgrader.coursedir import CourseDirectory

__all__ = ["GradeError", "Result", "grade_assignment"]


class GradeError(RuntimeError):
    """Grading cannot begin; the message says why and what to do."""


@dataclass(frozen=True)
class Result:
    """One learner's result. ``problems`` are for the instructor: what is wrong with the file, limits hit, no record made.

    ``reused`` is True where a stored verdict stood already; ``recorded`` where the gradebook holds the score.
    """

    student: str
    score: float
    max_score: float
    seconds: float
    problems: tuple[str, ...] = ()
    reused: bool = False
    recorded: bool = False
    sandbox: str = ""
    peak_mb: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON can hold it."""
        return asdict(self)


def grade_assignment(
    assignment: str,
    course: Path = Path("labs"),
    students: Sequence[str] | None = None,
    jobs: int = 2,
    no_sandbox: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
    loader: str = LOADER,
) -> list[Result]:
    """Judge and record every submission of ``assignment`` under ``course`` (or those of ``students``), in order of names.

    ``progress(done, total)`` is called as submissions are judged. ``executor`` runs the judging (default: ``jobs`` local processes).
    Raises GradeError where grading cannot begin: no sandbox, no assignment, another run under way.
    """
    limits = limits or Limits()
    maximum = _ready(assignment, course, loader, no_sandbox, jobs)
    with _alone(course):
        found = _submissions(assignment, course, students)
        store = VerdictStore(course)
        work = {name: _job(assignment, course, name, limits, no_sandbox, loader) for name in found}
        todo = {name: job for name, job in work.items() if isinstance(job, Job)}
        results = {name: Result(name, 0.0, maximum, 0.0, (why,)) for name, why in work.items() if isinstance(why, str)}
        kept: dict[str, tuple[Verdict, bool]] = {}
        for name, outcome, reused in _judged(todo, store, jobs, executor):
            if isinstance(outcome, Verdict):
                kept[name] = (outcome, reused)
            else:
                results[name] = Result(name, 0.0, maximum, 0.0, (_("not judged, run again: {error}").format(error=outcome),))
            progress(len(kept) + len(results), len(found))
        coursedirs = _coursedirs(assignment, course, sorted(found), loader, limits, no_sandbox)
        for name, coursedir in coursedirs.items():
            if name in kept:
                unrecorded = _record(coursedir, name, todo[name].key, kept[name][0])
                results[name] = _with(_result(todo[name], *kept[name]), unrecorded)
            elif name not in todo:
                results[name] = _with(results[name], _record(coursedir, name, "", None))
    return [results[name] for name in sorted(results)]


def _ready(assignment: str, course: Path, loader: str, no_sandbox: bool, jobs: int) -> float:
    """The assignment's points, where everything that grading needs is there."""
    if jobs < 1:
        raise GradeError(_("jobs must be at least 1, got {jobs}").format(jobs=jobs))
    usable, why = (True, "") if no_sandbox else available()
    if not usable:
        text = _("learners' code cannot be isolated here: {why}. To run it unprotected all the same: --no-sandbox")
        raise GradeError(text.format(why=why))
    try:
        nb = parse_source(load_source(course / "source" / assignment / f"{assignment}.ipynb"))
        checks = checked_exercises(nb, exercises_of(loader, assignment))
    except (OSError, ValueError, KeyError) as error:
        raise GradeError(error.args[0] if isinstance(error, KeyError) else str(error)) from error
    return float(sum(cell.metadata["nbgrader"]["points"] for cell, _name in checks))


def _submissions(assignment: str, course: Path, students: Sequence[str] | None) -> list[str]:
    folder = course / "submitted"
    found = sorted(path.parent.name for path in folder.glob(f"*/{assignment}") if path.is_dir())
    unknown = [name for name in students or [] if name not in found]
    if unknown:
        raise GradeError(_("no submission of {assignment} from: {names}").format(assignment=assignment, names=", ".join(unknown)))
    if not found:
        raise GradeError(_("no submissions: {pattern} does not exist").format(pattern=folder / "<student>" / assignment))
    return [name for name in found if students is None or name in students]


def _job(assignment: str, course: Path, student: str, limits: Limits, no_sandbox: bool, loader: str) -> Job | str:
    """What to judge; or, where nothing can be read, why."""
    path = course / "submitted" / student / assignment / f"{assignment}.ipynb"
    try:
        submitted = read_submission(path)
    except FileNotFoundError:
        others = ", ".join(sorted(p.name for p in path.parent.iterdir())) or _("nothing")
        return _("{name} is missing; the folder holds: {others}").format(name=path.name, others=others)
    except OSError as error:
        return _("the file cannot be read: {error}").format(error=error)
    source = load_source(course / "source" / assignment / f"{assignment}.ipynb")
    return Job(assignment, student, source, submitted, secret_of(course), limits, no_sandbox, loader)


def _judged(
    todo: dict[str, Job], store: VerdictStore, jobs: int, executor: Executor | None
) -> Iterator[tuple[str, Verdict | Exception, bool]]:
    """Each job's verdict, or the error that kept it from being judged, as they come; verdicts are stored before they are given."""
    keys = {name: job.key for name, job in todo.items()}
    fresh = {}
    for name, job in todo.items():
        stored = store.load(job.assignment, keys[name])
        if stored is None:
            fresh[name] = job
        else:
            yield name, stored, True
    broken = []
    for name, outcome in _run(fresh, jobs, executor):
        if isinstance(outcome, BrokenExecutor):
            broken.append(name)
            continue
        if isinstance(outcome, Verdict):
            store.save(fresh[name].assignment, keys[name], outcome)
        yield name, outcome, False
    for name in broken:  # a worker died and took the pool with it: one at a time, so that only the culprit suffers
        for _same, outcome in _run({name: fresh[name]}, 1, None):
            if isinstance(outcome, Verdict):
                store.save(fresh[name].assignment, keys[name], outcome)
            yield name, outcome, False


def _run(todo: dict[str, Job], jobs: int, executor: Executor | None) -> Iterator[tuple[str, Verdict | Exception]]:
    if not todo:
        return
    if executor is not None:
        yield from _collect({executor.submit(judge_here, job): name for name, job in todo.items()})
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(min(jobs, len(todo)), context, initializer=_prepare_worker, initargs=(stop,)) as pool:
        try:
            yield from _collect({pool.submit(judge_here, job): name for name, job in todo.items()})
        except BaseException:  # Ctrl-C among them: end the kernels, keep what is stored
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _collect(futures: dict[Future[Verdict], str]) -> Iterator[tuple[str, Verdict | Exception]]:
    for future in as_completed(futures):
        try:
            yield futures[future], future.result()
        except (JudgeError, BrokenExecutor, OSError, ValueError, RuntimeError) as error:
            yield futures[future], error


_stop: Event | None = None


def _prepare_worker(stop: Event) -> None:
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides; it sets ``stop``


def judge_here(job: Job) -> Verdict:
    """Judge ``job`` in this process; what an executor runs."""
    return job.judge(cancelled=(lambda: False) if _stop is None else _stop.is_set)


def _coursedirs(
    assignment: str, course: Path, students: list[str], loader: str, limits: Limits, no_sandbox: bool
) -> dict[str, CourseDirectory]:
    """nbgrader's view of the course for each learner, with the assignment known to the gradebook."""
    from graders import record

    made = {s: record.course_directory(course, assignment, s, loader, limits, no_sandbox) for s in students}
    try:
        record.prepare(made[students[0]], parse_source(load_source(course / "source" / assignment / f"{assignment}.ipynb")))
    except Exception as error:  # nbgrader and SQLAlchemy raise many kinds
        raise GradeError(_("the verdicts are stored, but nbgrader cannot take the assignment: {error}").format(error=error)) from error
    return made


def _record(coursedir: CourseDirectory, student: str, key: str, verdict: Verdict | None) -> str:
    """Write one result into nbgrader. Returns "" or why it could not be done."""
    from graders import record

    try:
        if verdict is None:
            record.record_missing(coursedir, student)
        elif not record.is_recorded(coursedir, student, key, verdict):
            record.record(coursedir)
    except Exception as error:  # many kinds again; the run goes on, the learner is named
        return _("not recorded: {error}").format(error=str(error)[:300])
    return ""


def _result(job: Job, verdict: Verdict, reused: bool) -> Result:
    problems = job.assembled(language()).problems + tuple(incident(key, asdict(job.limits)) for key in verdict.incidents)
    if verdict.sandbox == "none":
        problems = (*problems, _("run without a sandbox"))
    return Result(
        job.student, verdict.points, verdict.max_points, verdict.seconds, problems, reused, sandbox=verdict.sandbox, peak_mb=verdict.peak_mb
    )


def _with(result: Result, unrecorded: str) -> Result:
    if unrecorded:
        return replace(result, problems=(*result.problems, unrecorded))
    return replace(result, recorded=True)


@contextmanager
def _alone(course: Path) -> Iterator[None]:
    """No second run on the same course. The system lets go of the lock however this process ends."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    path = course / "verdicts" / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read().strip() or "?"
            raise GradeError(_("another run is grading this course (process {pid}): wait until it ends").format(pid=who)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
