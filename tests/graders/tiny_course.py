"""A course of three exercises for tests of the judge: exercises, the instructor's notebook, submissions."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise
from graders.job import Job
from graders.judge import Limits, Verdict

ASSIGNMENT = "tiny"
LOADER = "tests.graders.tiny_course.load"
SECRET = b"tiny" * 8
LIMITS = Limits(start_seconds=60, cell_seconds=4, grace_seconds=4, notebook_seconds=40, memory_mb=700, processes=64)


def _random_doubles(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("works for zero", (0,))
    for _repeat in range(4):
        yield Case("doubles", (int(rng.integers(1000, 9999)),))


def _random_means(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("mean of numbers", (rng.random(5).tolist(),))
    yield Case("empty lists are refused", ([],), raises="ValueError")


def _random_shifts(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("shifts arrays", (rng.random((3, 2)),))


def double(x: int) -> int:
    """Reference."""
    return x + x


def mean(values: list[float]) -> float:
    """Reference."""
    if not values:
        raise ValueError
    return float(np.mean(values))


def shift(values: Any) -> Any:
    """Reference."""
    return np.asarray(values) + 1


EXERCISES = [
    Exercise("double", "Double", 2, 1, ("Multiply.",), close(), double, (Case("doubles", (21,)),), _random_doubles),
    Exercise("mean", "Mean", 2, 1, ("Divide.",), close(), mean, (Case("mean of numbers", ([1.0, 2.0],)),), _random_means),
    Exercise("shift", "Shift", 2, 1, ("Add.",), close(), shift, (Case("shifts arrays", (np.arange(3.0),)),), _random_shifts),
]


@EXERCISES[0].wrong("You squared the number; double it.", share=0.5)
def squared(x: int) -> int:
    """A common mistake, right for zero."""
    return x * x


GOOD = {
    "double": "def double(x):\n    return 2 * x",
    "mean": "def mean(values):\n    if not values:\n        raise ValueError('empty')\n    return sum(values) / len(values)",
    "shift": "def shift(values):\n    return np.asarray(values) + 1",
}


def load(assignment: str) -> dict[str, Exercise]:
    """The loader that the judge is given."""
    return {exercise.id: exercise for exercise in EXERCISES}


def _mark(grade_id: str, points: int = 0) -> dict[str, Any]:
    graded = points > 0
    mark = {"grade_id": grade_id, "grade": graded, "locked": graded, "solution": not graded, "schema_version": 3, "task": False}
    return {"nbgrader": {**mark, **({"points": points} if graded else {})}}


def source() -> nbformat.NotebookNode:
    """The instructor's notebook: the solutions carry the word SECRETSOLUTION."""
    imports = new_code_cell("import numpy as np\nfrom datacentric_helpers import check", id="imports")
    cells = [new_markdown_cell("# Tiny", id="intro"), imports]
    for name in GOOD:
        solution = f"### BEGIN SOLUTION\n# SECRETSOLUTION\n{GOOD[name]}\n### END SOLUTION"
        cells.append(new_code_cell(solution, id=f"{name}-solution", metadata=_mark(f"{name}-solution")))
        cells.append(new_code_cell(f'check("{name}", {name})', id=f"{name}-check", metadata=_mark(f"{name}-check", 2)))
    text = new_markdown_cell("Say why.", id="why", metadata=_mark("why"))
    text.metadata["nbgrader"].update(grade=True, points=1)
    cells.append(text)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def submission(language: str = "en", **solutions: str) -> dict[str, Any]:
    """A submitted notebook as JSON: right answers, but for those given by exercise id."""
    content: dict[str, Any] = json.loads(nbformat.writes(source()))
    for cell in content["cells"]:
        name = cell["id"].removesuffix("-solution")
        if name in GOOD:
            cell["source"] = solutions.get(name, GOOD[name])
    content["metadata"]["dcai"] = {"language": language}
    return content


def raw(content: dict[str, Any]) -> bytes:
    """``content`` as the bytes of a file."""
    return json.dumps(content).encode()


def job(folder: Path, content: dict[str, Any] | bytes, student: str = "ann", **settings: Any) -> Job:
    """What to judge."""
    path = folder / "tiny.ipynb"
    if not path.exists():
        nbformat.write(source(), path)
    data = content if isinstance(content, bytes) else raw(content)
    return Job(ASSIGNMENT, student, path.read_bytes(), data, **{"secret": SECRET, "limits": LIMITS, "loader": LOADER, **settings})


def judge(folder: Path, content: dict[str, Any] | bytes, **settings: Any) -> Verdict:
    """The verdict on ``content``, in the real sandbox unless told otherwise."""
    return job(folder, content, **settings).judge()


def points(verdict: Verdict) -> dict[str, float]:
    """Points by exercise."""
    return {check.exercise: check.points for check in verdict.checks}


def make_course(folder: Path) -> Path:
    """An nbgrader course directory with the assignment, without submissions."""
    (folder / "source" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(source(), folder / "source" / ASSIGNMENT / "tiny.ipynb")
    return folder


def hand_in(course: Path, student: str, content: dict[str, Any] | bytes) -> Path:
    """Put a submission into the course; returns the file."""
    path = course / "submitted" / student / ASSIGNMENT / "tiny.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else raw(copy.deepcopy(content)))
    return path
