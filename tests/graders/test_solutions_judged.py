"""Every assignment's own solutions in the real sandbox: full marks, and a page without a traceback."""

import pytest

from graders.cases import load_exercises
from graders.judge.session import judge_notebook
from tests.graders.course import ASSIGNMENTS, notebook


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_solutions_get_all_points_and_no_cell_of_the_notebook_fails(assignment):
    verdict = judge_notebook(notebook(assignment), load_exercises(assignment), lambda name: sum(map(ord, name)))
    assert {check.exercise: check.report for check in verdict.checks if check.share < 1} == {}
    errors = {cell: output["evalue"] for cell, outputs in verdict.outputs.items() for output in outputs if output["output_type"] == "error"}
    assert errors == {}
