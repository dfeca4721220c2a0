"""nbgrader's gradebook on a real PostgreSQL server: the same scores, exports and feedback as on SQLite."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graders import record
from graders.grade import Result, grade_assignment
from graders.judge import available
from tests.graders.postgres import Server, binaries
from tests.graders.test_judge_grade import COHORT, DUE, nbgrader
from tests.graders.tiny_course import ASSIGNMENT, LIMITS, LOADER, hand_in, make_course

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; install it with: sudo apt install postgresql")
    made = Server(programs)
    yield made
    made.close()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course on SQLite, judged and recorded."""
    if not available()[0]:
        pytest.skip(available()[1])
    course = make_course(tmp_path_factory.mktemp("sqlite") / "labs")
    for student, content in COHORT.items():
        hand_in(course, student, content)
    shutil.copy(ROOT / "labs" / "nbgrader_config.py", course)
    run(course)
    return course


@pytest.fixture
def copied(judged: Path, server: Server, tmp_path: Path) -> Callable[[str], Path]:
    """Copies the judged course, with another gradebook: an empty PostgreSQL database of the given name."""

    def copy(name: str) -> Path:
        course = tmp_path / name
        shutil.copytree(judged, course, ignore=shutil.ignore_patterns("gradebook.db", "autograded", "feedback", "*.csv"))
        with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
            file.write(f'\nc.CourseDirectory.db_url = "{server.database(name)}"\n')
        return course

    return copy


def run(course: Path, **settings: Any) -> dict[str, Result]:
    """Grade, by name."""
    return {r.student: r for r in grade_assignment(ASSIGNMENT, course, limits=LIMITS, loader=LOADER, **settings)}


def grades(course: Path) -> set[tuple[Any, ...]]:
    """Every score in the course's own gradebook."""
    from nbgrader.api import Gradebook

    with record._quiet(), Gradebook(record.course_directory(course, ASSIGNMENT).db_url) as book:
        return {
            (s.student.id, s.score, s.max_score, str(s.timestamp), g.name, g.auto_score, g.manual_score, g.needs_manual_grade)
            for s in book.assignment_submissions(ASSIGNMENT) for notebook in s.notebooks for g in notebook.grades
        }


def test_both_gradebooks_hold_the_same_scores(judged: Path, copied: Callable[[str], Path]) -> None:
    course = copied("scores")
    found = run(course)
    assert {name: (r.score, r.recorded) for name, r in found.items()} == {name: (score, True) for name, score in DUE.items()}
    assert not (course / "gradebook.db").exists()
    assert grades(course) == grades(judged) != set()


def test_exports_and_feedback_are_the_same(judged: Path, copied: Callable[[str], Path]) -> None:
    course = copied("export")
    run(course)
    for place in (course, judged):
        nbgrader(place, "export", f"generate_feedback {ASSIGNMENT}")
    assert exported(course) == exported(judged) != []
    assert feedback(course) == feedback(judged)
    assert "Mean: 0 of 2 points" in feedback(course)["dan"]


def exported(course: Path) -> list[str]:
    """The lines of the export, in order: SQL leaves it open, and the databases differ in it."""
    return sorted((course / "grades.csv").read_text(encoding="utf-8").splitlines())


def feedback(course: Path) -> dict[str, str]:
    """Feedback pages by learner, without their time of making."""
    pages = (course / "feedback").rglob("*.html")
    return {page.parts[-3]: re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "", page.read_text(encoding="utf-8")) for page in pages}


def test_the_gradebook_can_be_read_while_it_is_written(copied: Callable[[str], Path], server: Server) -> None:
    course, seen, stop = copied("readers"), [], threading.Event()

    def read() -> None:
        with server.connect("readers") as connection, connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("SELECT to_regclass('submitted_assignment') IS NOT NULL")
                if cursor.fetchone()[0]:
                    cursor.execute("SELECT count(*) FROM submitted_assignment")
                    seen.append(cursor.fetchone()[0])
                connection.commit()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        found = run(course, progress=lambda done, total: None)
    finally:
        stop.set()
        reader.join()
    assert all(r.recorded for r in found.values())
    assert seen == sorted(seen)
    assert {1, len(COHORT)} <= set(seen), "reads between writes"


def test_a_server_restarted_meanwhile_costs_one_learner_and_the_next_run_completes(copied: Callable[[str], Path], server: Server) -> None:
    course = copied("restarted")

    def restart(done: int, total: int) -> None:
        if done == 1 and server.process is not None:
            server.stop()
        elif done == 2 and server.process is None:
            server.start()

    found = run(course, progress=restart)
    (unrecorded,) = [r for r in found.values() if not r.recorded]
    assert "not recorded" in unrecorded.problems[-1]
    again = run(course)
    assert {name: (r.score, r.recorded) for name, r in again.items()} == {name: (score, True) for name, score in DUE.items()}
