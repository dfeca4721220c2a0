"""What the tests know of the course: its assignments, exercises, cases and the notebooks' own solutions."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from graders.cases import all_cases, load_exercises, with_mistakes
from graders.exercise import Exercise

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENTS = sorted(p.name for p in (ROOT / "labs" / "source").iterdir() if p.is_dir())
EXERCISES: list[tuple[str, Exercise]] = [(a, e) for a in ASSIGNMENTS for e in load_exercises(a).values()]
IDS = [f"{a}/{e.id}" for a, e in EXERCISES]


def notebook(assignment: str) -> Any:
    """The instructor's notebook of ``assignment``."""
    return nbformat.read(ROOT / "labs" / "source" / assignment / f"{assignment}.ipynb", 4)


@cache
def cells(assignment: str) -> dict[str, str]:
    """Source of each cell by its id."""
    return {cell.id: cell.source for cell in notebook(assignment).cells}


@cache
def namespace(assignment: str) -> dict[str, Any]:
    """What the notebook's import cell brings."""
    scope: dict[str, Any] = {}
    exec(cells(assignment)["imports"], scope)
    return scope


def solution(assignment: str, exercise_id: str) -> str:
    """The notebook's own solution of an exercise."""
    cell = exercise_id.replace("_", "-") + "-solution"
    assert cell in cells(assignment), f"{assignment}.ipynb has no cell {cell} (CONTRIBUTING.md, Add an exercise, step 3)"
    return cells(assignment)[cell]


@cache
def scope(assignment: str, exercise_id: str) -> dict[str, Any]:
    """What a learner has when coming to an exercise: the import cell, and the solutions of the exercises before it."""
    found = dict(namespace(assignment))
    for name in load_exercises(assignment):
        if name == exercise_id:
            break
        exec(solution(assignment, name), found)
    return found


def answer(assignment: str, exercise_id: str, source: str) -> Any:
    """What the notebook's check cell hands to ``check`` once ``source`` has run: the function, or a lambda that drives a class."""
    cell = ast.parse(cells(assignment)[exercise_id.replace("_", "-") + "-check"])
    check = next(node for node in ast.walk(cell) if isinstance(node, ast.Call))
    found = dict(scope(assignment, exercise_id))
    exec(compile(source, "<answer>", "exec"), found)
    return eval(ast.unparse(check.args[1]), found)


@cache
def packed(assignment: str, exercise_id: str, seed: int) -> dict[str, Any]:
    """All cases of an exercise for ``seed``, with what its known mistakes give."""
    exercise = load_exercises(assignment)[exercise_id]
    return with_mistakes(exercise, all_cases(exercise, seed))
