"""Attacks by files, outputs and notebooks, graded as one cohort: scores, gradebook, feedback pages, and what the terminal shows."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graders import cli
from graders.grade import Result, grade_assignment
from tests.graders.attacks import ATTACKS, Attack
from tests.graders.attacks.attack import WRONG
from tests.graders.attacks.judging import PLANTED, Surroundings, active
from tests.graders.test_judge_grade import scores
from tests.graders.tiny_course import ASSIGNMENT, GOOD, LIMITS, LOADER, hand_in, raw, submission

THEMES = ("files", "outputs", "notebook")
COHORT = {attack.student or f"{theme}-{i:02}": attack for theme in THEMES for i, attack in enumerate(ATTACKS[theme])}


@dataclass
class Graded:
    """The course with everything recorded, each learner's result, its state before and after, what generate_feedback complained of."""

    course: Path
    results: dict[str, Result]
    before: dict[str, Any]
    after: dict[str, Any]
    feedback: str


@pytest.fixture(scope="module")
def graded(around: Surroundings) -> Graded:
    """All attacks of three themes, and Ann, who is honest: graded, recorded, with feedback pages."""
    course = around.course
    (course / "gradebook.db").unlink()
    for student, attack in COHORT.items():
        path = hand_in(course, student, attack.submitted())
        if attack.place:
            attack.place(path.parent)
    before = _handed(around)
    found = grade_assignment(ASSIGNMENT, course, limits=LIMITS, loader=LOADER)
    words = [sys.executable, "-m", "nbgrader", "generate_feedback", ASSIGNMENT]
    done = subprocess.run(words, cwd=course, capture_output=True, text=True, check=False, timeout=300)
    return Graded(course, {result.student: result for result in found}, before, _handed(around), done.stderr if done.returncode else "")


def _handed(around: Surroundings) -> dict[str, Any]:
    """What grading must not touch: what was handed in, the instructor's source, and everything around the course."""
    state = around.state()
    made = ("autograded", "feedback", "verdicts", "gradebook.db", "release")
    state["files"] = {p: d for p, d in state["files"].items() if not p.startswith(tuple(f"{around.course}/{name}" for name in made))}
    return {name: value for name, value in state.items() if name != "temporary"}


@pytest.mark.parametrize("student", COHORT, ids=lambda student: COHORT[student].name)
def test_the_attack_earns_its_honest_score_and_no_other_is_recorded(student: str, graded: Graded) -> None:
    result = graded.results[student]
    assert result.score == COHORT[student].honest, result.problems
    assert scores(graded.course).get(student, 0.0) == result.score or not result.recorded


def test_all_are_recorded_but_those_whose_time_stamp_cannot_be_read(graded: Graded) -> None:
    """These are named: the instructor repairs the stamp and grades again."""
    missing = {name: r.problems for name, r in graded.results.items() if not r.recorded}
    assert {COHORT[name].name for name in missing} <= {"malformed time stamp", "time stamp that is a pipe"}
    assert all("not recorded" in problems[-1] for problems in missing.values())


def test_the_honest_learner_keeps_her_score(graded: Graded) -> None:
    assert graded.results["ann"].score == scores(graded.course)["ann"] == 6


def test_nothing_that_was_handed_in_and_nothing_around_changes(graded: Graded) -> None:
    assert graded.after == graded.before


def test_feedback_can_be_written_for_all(graded: Graded) -> None:
    assert graded.feedback == ""


def test_no_secret_is_given_back_to_an_attacker(graded: Graded) -> None:
    folders = [graded.course / kind / student for student in COHORT for kind in ("autograded", "feedback")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    secret = (graded.course / "gradebook.db.secret").read_bytes()
    assert files
    assert [p for p in files if PLANTED.encode() in p.read_bytes() or secret in p.read_bytes()] == []


@pytest.mark.parametrize("student", COHORT, ids=lambda student: COHORT[student].name)
def test_the_feedback_page_runs_nothing(student: str, graded: Graded) -> None:
    page = graded.course / "feedback" / student / ASSIGNMENT / "tiny.html"
    assert not page.exists() or active(page.read_text(encoding="utf-8")) == []


def test_a_browser_runs_nothing_in_any_feedback_page(graded: Graded, browser: Any) -> None:
    """Opened, moved over and clicked at: ``window.pwned`` stays undefined."""
    pages = sorted((graded.course / "feedback").rglob("*.html"))
    assert len(pages) > 20
    view = browser.new_page()
    view.route("**/*", lambda route: route.continue_() if route.request.url.startswith(("file:", "data:")) else route.abort())
    run = {}
    for page in pages:
        view.goto(page.as_uri(), wait_until="domcontentloaded")
        view.evaluate(
            "for (const kind of ['mouseover', 'click', 'toggle', 'focus']) "
            "for (const e of document.querySelectorAll('a, img, [id], summary')) "
            "if (!(e.href || '').startsWith('file:')) e.dispatchEvent(new MouseEvent(kind))"
        )
        run[page.parent.parent.name] = view.evaluate("window.pwned === undefined")
    view.close()
    assert [name for name, untouched in run.items() if not untouched] == []


def test_the_table_of_results_holds_no_terminal_escape(
    graded: Graded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("graders.grade.grade_assignment", lambda *args, **kwargs: list(graded.results.values()))
    cli.grade(ASSIGNMENT, graded.course)
    shown = capsys.readouterr().out
    assert "ann" in shown
    assert not {c for c in shown if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160)}


def test_the_results_as_json_can_be_read_by_a_program(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a file's name is no text: a terminal and a pipe take UTF-8 and nothing else."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, "utf-8", errors="strict", write_through=True))
    monkeypatch.setattr("graders.grade.grade_assignment", lambda *args, **kwargs: list(graded.results.values()))
    cli.grade(ASSIGNMENT, graded.course, as_json=True)
    assert len(json.loads(written.getvalue())) == len(COHORT) + 1


class Swapper(Executor):
    """Judges at once; as soon as a submission was taken, the file on disk is another."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content = path, content

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result, already there."""
        self.path.write_bytes(self.content)
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


@pytest.mark.usefixtures("around")
def test_a_file_that_changes_while_it_is_graded_counts_as_it_was_read(course: Path) -> None:
    path = hand_in(course, "eve", submission(double=WRONG))
    [result] = grade_assignment(ASSIGNMENT, course, executor=Swapper(path, raw(submission())), limits=LIMITS, loader=LOADER)
    assert result.score == scores(course)["eve"] == 4
    assert GOOD["double"] not in (course / "autograded" / "eve" / ASSIGNMENT / "tiny.ipynb").read_text(encoding="utf-8")


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    """``..`` and absolute names in a zip, unpacked as stock zip_collect does."""
    code = (
        "import sys, zipfile, pathlib; from nbgrader.utils import unzip; "
        "file = zipfile.ZipFile('a.zip', 'w'); "
        "[file.writestr(n, 'evil') for n in ('../evil', '../../labs/evil', '/tmp/dcai-evil', 'ok')]; file.close(); "
        "pathlib.Path('deep/out').mkdir(parents=True); unzip('a.zip', 'deep/out')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "UnsafeMember" in done.stderr
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and not p.is_relative_to(tmp_path / "deep" / "out")]
    assert [p.name for p in outside] == ["a.zip"]
    assert not Path("/tmp/dcai-evil").exists()


def test_attack_names_are_unique() -> None:
    names = [attack.name for group in ATTACKS.values() for attack in group]
    assert len(names) == len(set(names)) >= 44
    assert all(isinstance(attack, Attack) and attack.tries.endswith(".") for group in ATTACKS.values() for attack in group)
