"""The written plan of chapter 2, from the release to the feedback: what a machine cannot grade is graded by hand, and counts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from graders import record
from graders.grade import grade_assignment
from tests.graders.course import ROOT, solution
from tests.graders.test_judge_grade import nbgrader

ASSIGNMENT, ANSWER = "ch02_planning", "plan-written-answer"
PLAN = "**1. Purpose.** The model files receipts; a lost pharmacy receipt is the dear error (20,000 won).\n\n**2. …**"


def grade_of(book: Any) -> Any:
    notebook = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ann")
    return next(grade for grade in notebook.grades if grade.name == ANSWER)


def filled_in(released: Path) -> nbformat.NotebookNode:
    """What Ann hands in: one function, and her plan."""
    notebook = nbformat.read(released, 4)
    for cell in notebook.cells:
        if cell.id == ANSWER:
            cell.source = PLAN
        if cell.id == "labeling-cost-solution":
            cell.source = solution(ASSIGNMENT, "labeling_cost")
    return notebook


def judged(folder: Path) -> Path:
    """A course in ``folder`` with chapter 2's set released, handed in by one learner, and judged."""
    from graders.judge import available

    if not available()[0]:
        pytest.skip(available()[1])
    shutil.copytree(ROOT / "labs" / "source" / ASSIGNMENT, folder / "source" / ASSIGNMENT)
    shutil.copy(ROOT / "labs" / "nbgrader_config.py", folder)
    nbgrader(folder, f"generate_assignment {ASSIGNMENT}")
    handed_in = folder / "submitted" / "ann" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    handed_in.parent.mkdir(parents=True)
    nbformat.write(filled_in(folder / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"), handed_in)
    (result,) = grade_assignment(ASSIGNMENT, folder)
    assert result.recorded
    assert result.score == 3, "one function of three points; the plan is not graded yet"
    return folder


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged(tmp_path_factory.mktemp("plan") / "labs")


def test_the_rubric_is_not_released(course: Path) -> None:
    released = nbformat.read(course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", 4)
    assert not any("Rubric" in cell.source for cell in released.cells)


def grade_by_hand(course: Path) -> None:
    """What formgrader writes when points and a comment are typed in."""
    with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = grade_of(book)
        grade.manual_score, grade.needs_manual_grade = 6.5, False
        notebook = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ann")
        next(c for c in notebook.comments if c.name == ANSWER).manual_comment = "On how many items will you measure the recall?"
        book.db.commit()


def test_a_plan_waits_for_a_person(course: Path) -> None:
    with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = grade_of(book)
        assert grade.max_score == 8
        assert grade.manual_score is not None or grade.needs_manual_grade


def test_points_and_words_given_by_hand_reach_the_learner(course: Path) -> None:
    grade_by_hand(course)
    with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert book.find_submission(ASSIGNMENT, "ann").score == pytest.approx(9.5)
    nbgrader(course, f"generate_feedback --force {ASSIGNMENT}")
    page = (course / "feedback" / "ann" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(encoding="utf-8")
    assert "On how many items will you measure the recall?" in page
    assert "6.5 / 8" in page


def test_judging_again_keeps_the_points_given_by_hand(course: Path) -> None:
    grade_by_hand(course)
    (again,) = grade_assignment(ASSIGNMENT, course)
    assert again.reused
    with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert grade_of(book).manual_score == 6.5
        assert book.find_submission(ASSIGNMENT, "ann").score == pytest.approx(9.5)
