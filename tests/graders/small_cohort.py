"""A graded tiny course without a judge: verdicts, journal and gradebook written by hand, for tests of the report."""

from __future__ import annotations

import json
import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.cohort import Cohort, read_cohort
from graders.judge import CheckResult, Verdict
from graders.store import VerdictStore, fingerprint
from tests.graders import tiny_course
from tests.graders.tiny_course import ASSIGNMENT, LOADER

SQUARED = "You squared the number; double it."
PROPERTIES = {"double": ("works for zero", "doubles"), "mean": ("mean of numbers", "empty lists are refused"), "shift": ("shifts arrays",)}


def verdict(shares: tuple[float, float, float] = (1, 1, 1), **more: Any) -> Verdict:
    """A verdict with the shares of double, mean and shift; half of double is the known mistake."""
    checks = []
    for share, (name, properties) in zip(shares, PROPERTIES.items(), strict=True):
        held = tuple((p, i < share * len(properties)) for i, p in enumerate(properties))
        mistake = SQUARED if (name, share) == ("double", 0.5) else ""
        checks.append(CheckResult(f"{name}-check", name, share, 2 * share, 2.0, "report", held, mistake, more.get("incident", ""), 0.1))
    values = {"language": "en", "sandbox": "bubblewrap", "seconds": 2.0, "peak_mb": 100.0, **more}
    values.pop("incident", None)
    return Verdict(checks=tuple(checks), **values)


def graded(course: Path, student: str, result: Verdict | None, content: dict[str, Any] | bytes | None = None, **line: Any) -> None:
    """Hand in for ``student`` and write what ``dcai grade`` leaves."""
    tiny_course.hand_in(course, student, tiny_course.submission() if content is None else content)
    key = fingerprint(student) if result else ""
    if result:
        VerdictStore(course).save(ASSIGNMENT, key, result)
    entry = {"student": student, "key": key, "score": result.points if result else 0, "max_score": 6, "seconds": 2.0, "problems": [],
             "recorded": True, "sandbox": "bubblewrap", "peak_mb": 100, "at": datetime.now(UTC).isoformat(), **line}
    journal = course / "verdicts" / ASSIGNMENT / "journal.jsonl"
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def five_learners(course: Path) -> Path:
    """Grade five learners between nothing and everything."""
    for name, shares in {"ann": (1, 1, 1), "bob": (0.5, 1, 0), "cem": (0.5, 0.5, 0), "dea": (0, 0, 0), "eva": (1, 1, 0)}.items():
        graded(course, name, verdict(shares))
    return course


def gradebook(course: Path, *students: dict[str, Any]) -> str:
    """A gradebook with these students (fields of nbgrader's Student; ``points``: None for no submission; ``penalty``); its address."""
    from nbgrader.api import Gradebook

    url = f"sqlite:///{(course / 'gradebook.db').resolve()}"
    with warnings.catch_warnings(), Gradebook(url) as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's remarks on nbgrader
        book.add_assignment(ASSIGNMENT)
        book.add_notebook(ASSIGNMENT, ASSIGNMENT)
        for name, most in (("double-check", 2), ("mean-check", 2), ("shift-check", 2)):
            book.add_grade_cell(name, ASSIGNMENT, ASSIGNMENT, max_score=most, cell_type="code")
        book.add_grade_cell("why", ASSIGNMENT, ASSIGNMENT, max_score=1, cell_type="markdown")
        for fields in students:
            _add(book, dict(fields))
    return url


def _add(book: Any, fields: dict[str, Any]) -> None:
    points, penalty, by_hand = fields.pop("points", None), fields.pop("penalty", 0), fields.pop("by_hand", None)
    book.add_student(fields["id"], **{name: value for name, value in fields.items() if name != "id"})
    if points is None:
        return
    book.add_submission(ASSIGNMENT, fields["id"])
    notebook = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, fields["id"])
    notebook.late_submission_penalty = penalty
    for grade in notebook.grades:
        grade.auto_score = points if grade.name == "double-check" else 0
        grade.needs_manual_grade = grade.name == "why" and by_hand is None
        grade.manual_score = by_hand if grade.name == "why" else None
    book.db.commit()


def read(course: Path) -> Cohort:
    """The cohort of the tiny course."""
    return read_cohort(ASSIGNMENT, course, LOADER)


def add_gradebook(course: Path, template: Path) -> None:
    """Put a copy of a gradebook made by ``gradebook`` into ``course``: making one takes seconds."""
    shutil.copy(template, course / "gradebook.db")
