"""The synthetic cohort: what the best learner hands in holds everything that the checks ask for."""

import ast

import nbformat
import pytest

from graders.cases import load_exercises
from graders.demo import cohort
from tests.graders.course import ASSIGNMENTS, notebook


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_best_learner_defines_every_name_that_a_check_hands_over(assignment):
    exercises = list(load_exercises(assignment).values())
    best = cohort(5, notebook(assignment), exercises)[0]
    cells = nbformat.reads(best.content, 4).cells
    handed_in = ast.parse("\n".join(cell.source for cell in cells if cell.id.endswith("-solution") and cell.cell_type == "code"))
    defined = {node.name for node in handed_in.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for exercise in exercises:
        check = next(cell.source for cell in cells if cell.id == exercise.id.replace("_", "-") + "-check")
        asked = next(node for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Call)).args[1]
        names = {node.id for node in ast.walk(asked) if isinstance(node, ast.Name)}
        assert names & defined, f"{exercise.id}: the check asks for one of {sorted(names)}"
    assert best.due == sum(exercise.points for exercise in exercises)
