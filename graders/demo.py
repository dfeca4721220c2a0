"""A cohort of synthetic learners, from the zoos: made, judged, recorded, given feedback, reported, compared with what was due.

Every learner answers each exercise with an answer of its zoo, so the score that is due is known before anything runs. Four
are special: one hands in the blank release, one loops for ever in an exercise, one tampers with the checks, and one sends
a file that is no notebook.
"""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from rich.console import Console
from rich.table import Table

from datacentric_helpers.i18n import gettext as _
from graders.cases import load_exercises
from graders.exercise import Answer, Exercise

__all__ = ["Learner", "Outcome", "cohort", "run"]

LABS = Path(__file__).resolve().parents[1] / "labs"
MARKER = ".dcai-demo"
NAMES = (
    "Kim Minji", "Lee Junho", "Park Soyeon", "Choi Hyunwoo", "Jung Dahye", "Kang Taeyang", "Cho Eunseo", "Yoon Jiho",
    "Ada Brandt", "Ben Okafor", "Carla Ruiz", "Dmitri Volk", "Elif Kaya", "Farid Haddad", "Greta Lind", "Hugo Silva",
    "Im Nari", "Jang Woojin", "Seo Yuna", "Han Doyun", "Ines Moreau", "Jonas Weber", "Keiko Sato", "Liam Byrne",
)

ENDLESS = "def {name}(*args):\n    while True:\n        pass\n"
TAMPER = '''import sys
import datacentric_helpers.compare
datacentric_helpers.compare.compare = lambda *args: None
class AlwaysEqual(float):
    def __eq__(self, other):
        return True
    __hash__ = float.__hash__
def check(name, function):
    print(name, "all properties hold")
    return {points}
def {name}(*args):
    return AlwaysEqual(0)
'''


@dataclass
class Learner:
    """One synthetic learner: id, name, language, the file's content, and the score that it must get."""

    id: str
    name: str
    language: str
    story: str
    content: str
    due: float


@dataclass
class Outcome:
    """What the demo found: learner id → (score due, score recorded), and the ids where these differ."""

    scores: dict[str, tuple[float, float]]
    differences: list[str] = field(default_factory=list)


def cohort(size: int, source: Any, exercises: list[Exercise], seed: int = 0) -> list[Learner]:
    """``size`` learners (at least 4), the same for the same seed. Raises ValueError for a smaller cohort."""
    if size < 4:
        raise ValueError(f"size must be at least 4, got {size}")
    rng = np.random.default_rng(seed)
    learners = []
    for number in range(size):
        name = NAMES[number % len(NAMES)] + (f" {number // len(NAMES) + 1}" if number >= len(NAMES) else "")
        language = "ko" if number % 2 == 0 else "en"
        special = {size - 4: _blank, size - 3: _endless, size - 2: _tampering, size - 1: _broken}.get(number)
        skill = 1.0 if number == 0 else float(rng.uniform(0.3, 0.95))
        story, made, due = special(source, exercises) if special else _ordinary(source, exercises, skill, rng)
        if isinstance(made, dict):
            made["metadata"]["dcai"] = {"language": language}
        content = made if isinstance(made, str) else str(nbformat.writes(nbformat.from_dict(made)))
        learners.append(Learner(re.sub(r"\W+", "_", name.lower()), name, language, story, content, due))
    return learners


def _filled(source: Any, answers: dict[str, str]) -> dict[str, Any]:
    """The notebook with ``answers`` (source by exercise id) in its solution cells, and nothing in the others."""
    notebook = copy.deepcopy(source)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exercise_id = cell.id.removesuffix("-solution").replace("-", "_")
            cell.source = answers.get(exercise_id, "raise NotImplementedError" if cell.cell_type == "code" else "…")
    return dict(notebook)


def _driven(source: Any) -> dict[str, str]:
    """Exercise id → the notebook's own solution, for exercises whose check hands over more than the function that was written.

    A check drives a class, or a function in parts. Answers of the zoo stand for what the check hands over; they cannot be typed there.
    """
    cells, found = {cell.id: cell.source for cell in source.cells}, {}
    for name, code in cells.items():
        if name.endswith("-check") and "check(" in code:
            call = next(node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
            if not isinstance(call.args[1], ast.Name):
                found[name.removesuffix("-check").replace("-", "_")] = cells[f"{name.removesuffix('-check')}-solution"]
    return found


def typed(answer: Answer, exercise: Exercise) -> str:
    """The answer's source with the name that the exercise asks for."""
    return re.sub(rf"\b{answer.function.__name__}\b", exercise.id, answer.source)


def _ordinary(source: Any, exercises: list[Exercise], skill: float, rng: np.random.Generator) -> tuple[str, dict[str, Any], float]:
    answers, due, mistakes = {}, 0.0, 0
    own = _driven(source)
    for exercise in exercises:
        right = [a for a in exercise.zoo if a.kind == "right"]
        pool = right if rng.random() < skill else exercise.mistakes
        if exercise.id in own:
            mistakes += pool is not right
            if pool is right:
                answers[exercise.id] = own[exercise.id]
                due += exercise.points
            continue
        answer = pool[int(rng.integers(len(pool)))]
        answers[exercise.id] = typed(answer, exercise)
        due += exercise.points * answer.share
        mistakes += answer.kind == "wrong"
    return _("{n} mistakes").format(n=mistakes), _filled(source, answers), due


def _right(exercise: Exercise) -> str:
    return typed(next(a for a in exercise.zoo if a.kind == "right"), exercise)


def _blank(source: Any, exercises: list[Exercise]) -> tuple[str, dict[str, Any], float]:
    return _("hands in the blank notebook"), _filled(source, {}), 0.0


def _endless(source: Any, exercises: list[Exercise]) -> tuple[str, dict[str, Any], float]:
    answers = {e.id: _right(e) for e in exercises} | _driven(source)
    stuck = exercises[-1]  # nothing after it uses it
    answers[stuck.id] = ENDLESS.format(name=stuck.id)
    return _("loops for ever in one exercise"), _filled(source, answers), float(sum(e.points for e in exercises if e is not stuck))


def _tampering(source: Any, exercises: list[Exercise]) -> tuple[str, dict[str, Any], float]:
    answers = {e.id: TAMPER.format(name=e.id, points=e.points) for e in exercises}
    return _("tampers with the checks"), _filled(source, answers), 0.0


def _broken(source: Any, exercises: list[Exercise]) -> tuple[str, str, float]:
    return _("sends a file that is no notebook"), '{"cells": [{"cell_type": "code", "sour', 0.0


def run(out: Path, size: int, jobs: int, console: Console, assignment: str) -> Outcome:
    """Make a cohort for ``assignment`` under ``out``, judge it, record it, write feedback; print the scores and where to look.

    Raises FileExistsError where ``out`` holds something that is not an earlier demo.
    """
    from graders.cohort import read_cohort
    from graders.grade import grade_assignment
    from graders.judge import Limits
    from graders.report_page import write_report

    exercises = list(load_exercises(assignment).values())
    # short, because a learner who loops for ever is waited for; a check that crawls a web takes half a minute
    limits = Limits() if any(e.public[0].service for e in exercises) else Limits(cell_seconds=20)
    course = _fresh_course(out)
    source = nbformat.read(course / "source" / assignment / f"{assignment}.ipynb", 4)
    learners = cohort(size, source, exercises)
    for learner in learners:
        folder = course / "submitted" / learner.id / assignment
        folder.mkdir(parents=True)
        (folder / f"{assignment}.ipynb").write_text(learner.content, encoding="utf-8")
    _nbgrader(course, "generate_assignment", assignment)
    with console.status(_("Judging {n} submissions ...").format(n=size)):
        results = {r.student: r for r in grade_assignment(assignment, course=course, jobs=jobs, limits=limits)}
    _nbgrader(course, "generate_feedback", assignment)
    _nbgrader(course, "export")
    write_report(read_cohort(assignment, course), course / "report")
    scores = {x.id: (x.due, results[x.id].score) for x in learners}
    outcome = Outcome(scores, [i for i, (due, got) in scores.items() if abs(due - got) > 0.05])
    _print(console, learners, outcome, course, float(sum(e.points for e in exercises)))
    return outcome


def _fresh_course(out: Path) -> Path:
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise FileExistsError(_("{folder} is not empty and holds no earlier demo; name another folder with --out").format(folder=out))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARKER).touch()
    shutil.copy(LABS / "nbgrader_config.py", out)
    shutil.copytree(LABS / "source", out / "source")
    return out.resolve()


def _nbgrader(course: Path, *arguments: str) -> None:
    line = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(line, cwd=course, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(_("`nbgrader {command}` failed:\n{output}").format(command=" ".join(arguments), output=done.stderr[-2000:]))


def _print(console: Console, learners: list[Learner], outcome: Outcome, course: Path, maximum: float) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("", _("learner"), _("what she or he did"), _("score due"), _("score recorded"), _("of")):
        table.add_column(column)
    for learner in learners:
        due, got = outcome.scores[learner.id]
        mark = "[red]✗[/]" if learner.id in outcome.differences else "[green]✓[/]"
        table.add_row(mark, learner.name, learner.story, f"{due:.2f}", f"{got:.2f}", f"{maximum:g}")
    console.print(table)
    for text, path in (
        (_("gradebook"), course / "gradebook.db"), (_("grades as CSV"), course / "grades.csv"), (_("feedback"), course / "feedback"),
        (_("report"), course / "report" / "report.html"),
    ):
        console.print(f"{text}: {path}", markup=False, highlight=False, soft_wrap=True)
    console.print(_("formgrader: cd {course} && jupyter lab, then Nbgrader › Formgrader").format(course=course),
                  markup=False, highlight=False, soft_wrap=True)
