"""What is known of an assignment's cohort, as plain tables: learners, checks, properties, incidents, problems with files.

Reads what ``dcai grade`` left (the journal, the sealed verdicts), the submissions as they are, and nbgrader's gradebook; writes
nothing. The gradebook is asked through nbgrader's own classes, so it may be SQLite or PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from datacentric_helpers.i18n import gettext as _
from graders import similarity
from graders.job import LOADER, exercises_of, load_source, parse_source
from graders.judge import Verdict
from graders.store import VerdictStore
from graders.submissions import assemble, read_submission

__all__ = ["Cohort", "ReportError", "read_cohort", "read_journal", "roster"]

COLUMNS = {
    "learners": ["student", "name", "email", "judged", "written", "score", "max_score", "final", "penalty", "needs_manual", "seconds",
                 "peak_mb", "sandbox", "language", "recorded"],
    "checks": ["student", "exercise", "share", "points", "max_points", "seconds", "mistake", "incident"],
    "properties": ["student", "exercise", "property", "held"],
    "incidents": ["student", "incident"],
    "problems": ["student", "problem"],
}
ROSTER = ["student", "first_name", "last_name", "email", "lms_user_id", "submitted", "raw", "penalty", "final", "points", "needs_manual"]


class ReportError(RuntimeError):
    """There is nothing to report; the message says why and what to do."""


@dataclass(frozen=True)
class Cohort:
    """Tables (pandas) of one assignment. One row of ``learners`` for each learner in the journal; ``judged``: there is a verdict;
    ``written``: there is code beyond what was handed out. ``score``: points of the checks; ``final``: the gradebook's, with manual
    points, less ``penalty``. ``titles``: exercise id → title (English). ``unread``: lines of the journal that could not be read.
    ``code``: each learner's own code by cell; ``prints``: its fingerprints."""

    assignment: str
    learners: pd.DataFrame
    checks: pd.DataFrame
    properties: pd.DataFrame
    incidents: pd.DataFrame
    problems: pd.DataFrame
    roster: pd.DataFrame
    titles: dict[str, str]
    frame: similarity.Frame
    code: dict[str, dict[str, str]] = field(repr=False)
    prints: dict[str, similarity.Fingerprints] = field(repr=False)
    unread: int = 0


def read_cohort(assignment: str, course: Path, loader: str = LOADER) -> Cohort:
    """The cohort of ``assignment`` under ``course``; problems with files in the language in use. Raises ReportError."""
    lines, unread = read_journal(course / "verdicts" / assignment / "journal.jsonl")
    try:
        source = parse_source(load_source(course / "source" / assignment / f"{assignment}.ipynb"))
        titles = {name: exercise.title for name, exercise in exercises_of(loader, assignment).items()}
    except (OSError, ValueError, KeyError) as error:
        raise ReportError(error.args[0] if isinstance(error, KeyError) else str(error)) from error
    frame, store, known = similarity.frame_of(source), VerdictStore(course), roster(_db_url(course, assignment), assignment)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    code, prints = {}, {}
    for student, line in sorted(lines.items()):
        verdict = store.load(assignment, line["key"]) if line["key"] else None
        own, problems = _submission(course / "submitted" / student / assignment / f"{assignment}.ipynb", source)
        code[student], prints[student] = own, similarity.fingerprints(own, frame)
        written = any(similarity.tokens(cell, frame) for cell in own.values())
        rows["learners"].append({**_learner(student, line, verdict), "written": written})
        _add_verdict(rows, student, verdict)
        rows["problems"] += [{"student": student, "problem": text} for text in _problems(line, verdict, problems)]
    tables = {name: _table(rows[name], columns) for name, columns in COLUMNS.items()}
    tables["learners"] = _with_grades(tables["learners"], known)
    return Cohort(assignment, **tables, roster=known, titles=titles, frame=frame, code=code, prints=prints, unread=unread)


def _table(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """``rows`` with text that can be written as UTF-8, whatever a file was called."""
    clean = [{name: _text(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows]
    return pd.DataFrame(clean, columns=columns)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")


def read_journal(path: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """The last line of each learner, and how many lines could not be read: a crash may cut a line off anywhere.

    Raises ReportError where there is no journal.
    """
    if not path.is_file():
        text = _("nothing has been graded yet: {path} does not exist. Run `dcai grade` first")
        raise ReportError(text.format(path=path))
    last, unread = {}, 0
    for raw in path.read_bytes().split(b"\n"):
        line = _line(raw) if raw.strip() else {}
        if line is None:
            unread += 1
        elif line:
            last[line["student"]] = line
    if not last:
        raise ReportError(_("{path} holds no result. Run `dcai grade` again").format(path=path))
    return last, unread


def _line(raw: bytes) -> dict[str, Any] | None:
    """One line of the journal, None where it cannot be read; what follows a line that was cut off is still found."""
    for start in (0, raw.rfind(b'{"student"')):
        try:
            line = json.loads(raw[max(start, 0) :])
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("student"), str) and isinstance(line.get("key"), str):
            return {**line, "student": _text(line["student"])}
    return None


def _submission(path: Path, source: Any) -> tuple[dict[str, str], tuple[str, ...] | None]:
    """The learner's own code by cell, and what is wrong with the file; None where it cannot be read now."""
    try:
        made = assemble(source, read_submission(path))
    except OSError:
        return {}, None
    return similarity.code_of(made.nb), made.problems


def _learner(student: str, line: dict[str, Any], verdict: Verdict | None) -> dict[str, Any]:
    row = {"student": student, "judged": verdict is not None, "recorded": bool(line.get("recorded"))}
    if verdict is None:
        return {**row, "score": 0.0, "max_score": float(line.get("max_score", 0.0)), "seconds": float("nan"),
                "peak_mb": float("nan"), "sandbox": "", "language": ""}
    return {**row, "score": verdict.points, "max_score": verdict.max_points, "seconds": verdict.seconds, "peak_mb": verdict.peak_mb,
            "sandbox": verdict.sandbox, "language": verdict.language}


def _add_verdict(rows: dict[str, list[dict[str, Any]]], student: str, verdict: Verdict | None) -> None:
    for check in verdict.checks if verdict else ():
        values = {name: getattr(check, name) for name in COLUMNS["checks"][1:]}
        rows["checks"].append({"student": student, **values})
        found = check.properties if check.incident != "not run" else ()
        rows["properties"] += [{"student": student, "exercise": check.exercise, "property": p, "held": held} for p, held in found]
    for key in verdict.incidents if verdict else ():
        rows["incidents"].append({"student": student, "incident": key})


def _problems(line: dict[str, Any], verdict: Verdict | None, problems: tuple[str, ...] | None) -> Iterator[str]:
    """What is wrong with the file; where there is no verdict, what the journal says."""
    said = [str(text) for text in line.get("problems", []) if isinstance(text, str)]
    if verdict is None:
        yield from said or [_("there is no verdict: run `dcai grade` again")]
        if line["key"]:
            yield _("the verdict is gone or was changed: run `dcai grade` again")
    elif problems is None:
        yield _("the submission is no longer where it was")
    else:
        yield from problems
    if verdict is not None and verdict.sandbox == "none":
        yield _("run without a sandbox")
    if not line.get("recorded"):
        yield _("the gradebook does not hold this result: run `dcai grade` again")


def _with_grades(learners: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """``learners`` with name, e-mail and final grade of those whom the gradebook knows."""
    grades = {str(row["student"]): row for row in known.to_dict("records")}
    rows = [grades.get(student, {}) for student in learners["student"]]
    learners["name"] = [f"{row.get('first_name', '')} {row.get('last_name', '')}".strip() for row in rows]
    learners["email"] = [row.get("email", "") for row in rows]
    for column in ("final", "penalty"):
        learners[column] = pd.Series([row.get(column, float("nan")) for row in rows], dtype=float)
    learners["needs_manual"] = [bool(row.get("needs_manual")) for row in rows]
    return learners


def _db_url(course: Path, assignment: str) -> str:
    from graders.record import course_directory

    return str(course_directory(course, assignment).db_url)


def roster(db_url: str, assignment: str) -> pd.DataFrame:
    """Everybody in the gradebook at ``db_url``, by name, with nbgrader's score for ``assignment``.

    ``raw``: automatic and manual points; ``final`` = max(0, raw - penalty), as ``nbgrader export`` has it, NaN without a submission;
    ``points``: what can be had. Text is "" where the gradebook has none. Empty where there is no gradebook.
    """
    from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
    from sqlalchemy.engine import make_url

    url = make_url(db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return pd.DataFrame(columns=ROSTER)  # to open it would make it
    with Gradebook(db_url) as gradebook:
        try:
            points = float(gradebook.find_assignment(assignment).max_score)
        except MissingEntry:
            points = float("nan")
        asked = gradebook.db.query(*(getattr(Student, name) for name in ("id", *ROSTER[1:5])))
        rows = [[value or "" for value in row] for row in asked.order_by(Student.last_name, Student.first_name, Student.id)]
        people = pd.DataFrame(rows, columns=ROSTER[:5], dtype=object)
        scores = _scores(gradebook.db, Assignment.name == assignment)
    found = people.merge(scores, on="student", how="left")
    found["submitted"] = found["raw"].notna()
    found["needs_manual"] = found["needs_manual"].eq(1)
    found["final"] = (found["raw"] - found["penalty"]).clip(lower=0)
    found["points"] = points
    return found[ROSTER]


def _scores(db: Any, this: Any) -> pd.DataFrame:
    """Points, penalty, and whether something waits to be graded by hand, for each submission; two queries, however many there are."""
    from nbgrader.api import Assignment, Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import case, func

    who = SubmittedAssignment.student_id
    waits = func.max(case((Grade.needs_manual_grade, 1), else_=0))
    grades = db.query(who, func.coalesce(func.sum(Grade.score), 0.0), waits)
    grades = grades.join(Assignment).join(SubmittedNotebook).outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
    late = db.query(who, func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0.0))
    late = late.join(Assignment).join(SubmittedNotebook).filter(this).group_by(who)
    first = pd.DataFrame(grades.filter(this).group_by(who).all(), columns=["student", "raw", "needs_manual"])
    return first.merge(pd.DataFrame(late.all(), columns=["student", "penalty"]), on="student", how="left")
