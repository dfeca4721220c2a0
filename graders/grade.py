"""Grade a cohort: judge what was handed in, in parallel; keep each verdict; record them one by one.

    submitted/<student>/<assignment>/<assignment>.ipynb ──► verdicts/<assignment>/<key>.json ──► gradebook.db, autograded/

Only this process writes. Judging goes through a ``concurrent.futures.Executor``, a few submissions ahead of the recording; whatever
interrupts it, what is judged is kept, and the next run goes on from there. A submission that cannot be read is named, scores what
can be judged, and never stops the others.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.i18n import language
from graders.job import LOADER, Job, exercises_of, load_source, modules_of, parse_source
from graders.journal import Journal, Result
from graders.judge import Limits, Verdict, available
from graders.judge.report import incident
from graders.judge.session import checked_exercises
from graders.pool import Judging, LocalPool
from graders.store import VerdictStore, secret_of
from graders.submissions import read_submission

__all__ = ["GradeError", "Result", "grade_assignment"]

Progress = Callable[[int, int], None]


class GradeError(RuntimeError):
    """Grading cannot begin; the message says why and what to do."""


@dataclass(frozen=True)
class _Run:
    """What one run is asked to do."""

    assignment: str
    course: Path
    source: bytes
    limits: Limits
    no_sandbox: bool
    loader: str
    maximum: float


def grade_assignment(
    assignment: str,
    course: Path = Path("labs"),
    students: Sequence[str] | None = None,
    jobs: int = 2,
    no_sandbox: bool = False,
    progress: Progress = lambda done, total: None,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
    loader: str = LOADER,
    resume: bool = False,
    only_failed: bool = False,
    since: datetime | None = None,
) -> list[Result]:
    """Judge and record every submission of ``assignment`` under ``course`` (or those of ``students``), in order of names.

    ``progress(done, total)`` is called as submissions are done, and at least twice a second. ``executor`` runs the judging (default:
    ``jobs`` local processes). ``resume`` takes what the journal says is recorded as done, without looking at it again;
    ``only_failed`` takes only whom the journal names as not judged or not recorded, ``since`` only what was handed in at that time
    or later. Raises GradeError where grading cannot begin: no sandbox, no assignment, another run under way.
    """
    limits = limits or Limits()
    if jobs < 1:
        raise GradeError(_("jobs must be at least 1, got {jobs}").format(jobs=jobs))
    with ExitStack() as stack:
        source = _source(assignment, course)
        stack.enter_context(_alone(course))
        if executor is None:  # first of all: its warm process takes the longest to get ready
            executor = stack.enter_context(LocalPool(jobs, [] if no_sandbox else modules_of(source)))
        run = _Run(assignment, course, source, limits, no_sandbox, loader, _points(assignment, source, loader, no_sandbox))
        journal = Journal(course, assignment)
        names = _chosen(run, _submissions(assignment, course, students), journal, only_failed, since)
        done = {n: r for n in names if resume and (r := journal.last.get(n)) is not None and r.recorded}
        results, work = list(done.values()), ((name, _job(run, name)) for name in names if name not in done)
        judging = Judging(work, VerdictStore(course), executor, tick=lambda: progress(len(results), len(names)))
        judging.begin()
        recorder = stack.enter_context(_recorder(run))
        for name, job, outcome, reused in judging:
            results.append(journal.write(_recorded(run, recorder, name, job, outcome, reused)))
            progress(len(results), len(names))
    return sorted(results, key=lambda result: result.student)


def _source(assignment: str, course: Path) -> bytes:
    """The instructor's notebook, where it is one."""
    try:
        source = load_source(course / "source" / assignment / f"{assignment}.ipynb")
        parse_source(source)
    except (OSError, ValueError) as error:
        raise GradeError(str(error)) from error
    return source


def _points(assignment: str, source: bytes, loader: str, no_sandbox: bool) -> float:
    """The assignment's points, where there is what judging it needs."""
    usable, why = (True, "") if no_sandbox else available()
    if not usable:
        text = _("learners' code cannot be isolated here: {why}. To run it unprotected all the same: --no-sandbox")
        raise GradeError(text.format(why=why))
    try:
        checks = checked_exercises(parse_source(source), exercises_of(loader, assignment))
    except (ValueError, KeyError) as error:
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


def _chosen(run: _Run, names: list[str], journal: Journal, only_failed: bool, since: datetime | None) -> list[str]:
    if only_failed:
        names = [name for name in names if (last := journal.last.get(name)) is not None and not (last.key and last.recorded)]
    return names if since is None else [name for name in names if _handed_in(run, name) >= since.timestamp()]


def _handed_in(run: _Run, student: str) -> float:
    """When, in seconds since 1970: what nbgrader noted at collection, or else the file's own time."""
    from dateutil.parser import parse

    folder = run.course / "submitted" / student / run.assignment
    try:
        noted = parse((folder / "timestamp.txt").read_text("utf-8").strip())
        return float((noted if noted.tzinfo else noted.replace(tzinfo=UTC)).timestamp())
    except (OSError, ValueError, OverflowError):
        files = [path.lstat().st_mtime for path in folder.iterdir()]
        return max(files, default=folder.stat().st_mtime)


def _job(run: _Run, student: str) -> Job | str:
    """What to judge; or, where nothing can be read, why."""
    path = run.course / "submitted" / student / run.assignment / f"{run.assignment}.ipynb"
    try:
        submitted = read_submission(path)
    except FileNotFoundError:
        others = ", ".join(sorted(p.name for p in path.parent.iterdir())) or _("nothing")
        return _("{name} is missing; the folder holds: {others}").format(name=path.name, others=others)
    except OSError as error:
        return _("the file cannot be read: {error}").format(error=error)
    return Job(run.assignment, student, run.source, submitted, secret_of(run.course), run.limits, run.no_sandbox, run.loader)


@contextmanager
def _recorder(run: _Run) -> Iterator[Any]:
    """nbgrader, with the assignment known to the gradebook."""
    from graders import record  # nbgrader takes a second to import: meanwhile the first submissions are judged

    try:
        recorder = record.Recorder(run.course, run.assignment, parse_source(run.source), run.loader, run.limits, run.no_sandbox)
    except Exception as error:  # nbgrader and SQLAlchemy raise many kinds
        raise GradeError(_("the verdicts are stored, but nbgrader cannot take the assignment: {error}").format(error=error)) from error
    with recorder:
        yield recorder


def _recorded(run: _Run, recorder: Any, name: str, job: Job | None, outcome: Verdict | Exception | str, reused: bool) -> Result:
    """Write one result into nbgrader; a result that says what came of it."""
    if isinstance(outcome, Exception):
        return Result(name, 0.0, run.maximum, 0.0, (_("not judged, run again: {error}").format(error=outcome),))
    if isinstance(outcome, str) or job is None:
        result = Result(name, 0.0, run.maximum, 0.0, (str(outcome),))
    else:
        result = _result(job, outcome, reused)
    try:
        recorder.record(name, result.key, outcome if isinstance(outcome, Verdict) else None, reused, job)
    except Exception as error:  # many kinds again; the run goes on, the learner is named
        text = _("not recorded: {error}").format(error=str(error)[:300])
        return replace(result, problems=(*result.problems, text))
    return replace(result, recorded=True)


def _result(job: Job, verdict: Verdict, reused: bool) -> Result:
    problems = verdict.problems if verdict.language == language() else job.assembled(language()).problems
    problems += tuple(incident(key, asdict(job.limits)) for key in verdict.incidents)
    if verdict.sandbox == "none":
        problems = (*problems, _("run without a sandbox"))
    return Result(
        job.student, verdict.points, verdict.max_points, verdict.seconds, problems, reused, sandbox=verdict.sandbox,
        peak_mb=verdict.peak_mb, kernel=verdict.kernel, key=job.key,
    )


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
