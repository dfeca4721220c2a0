"""Honest work gets what it earned, in the real sandbox, and a report that helps without giving hidden cases away."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.judge import Verdict
from tests.graders.tiny_course import GOOD, job, judge, points, source, submission

pytestmark = pytest.mark.usefixtures("sandbox")


def report(verdict: Verdict, exercise: str) -> str:
    return next(check.report for check in verdict.checks if check.exercise == exercise)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """One right with warnings, one known mistake that prints its inputs, one blank."""
    noisy = (
        "import sys, warnings\ndef mean(values):\n    warnings.warn('careful')\n    print('noise', file=sys.stderr)\n"
        "    if not values:\n        raise ValueError\n    return np.mean(values)"
    )
    squares = "def double(x):\n    print('INPUT', x)\n    return x * x"
    content = submission(mean=noisy, double=squares, shift="def shift(values):\n    raise NotImplementedError")
    return judge(tmp_path_factory.mktemp("mixed"), content)


def test_right_answers_get_all_points_in_either_language(tmp_path: Path) -> None:
    verdict = judge(tmp_path, submission("ko"))
    assert (verdict.points, verdict.max_points, verdict.language) == (6, 6, "ko")
    assert verdict.incidents == verdict.problems == ()


def test_warnings_and_stderr_cost_nothing(mixed: Verdict) -> None:
    assert points(mixed)["mean"] == 2


def test_a_known_mistake_gets_its_share_and_its_advice(mixed: Verdict) -> None:
    assert points(mixed)["double"] == 1
    assert "You squared the number" in report(mixed, "double")
    assert "passed  works for zero" in report(mixed, "double")


def test_public_cases_are_shown_and_hidden_ones_are_not(mixed: Verdict, tmp_path: Path) -> None:
    text = report(mixed, "double")
    assert all(words in text for words in ("double(21)", "due: 42", "came: 441"))
    shown = judge(tmp_path, submission(double="def double(x):\n    return 42"))
    assert points(shown)["double"] == 0
    assert "a case that is not shown fails" in report(shown, "double")


def test_inputs_that_a_function_prints_are_not_in_the_verdict(mixed: Verdict) -> None:
    assert "INPUT" not in str(mixed.as_dict())


def test_a_blank_answer_is_called_blank(mixed: Verdict) -> None:
    assert points(mixed)["shift"] == 0
    assert "still blank" in report(mixed, "shift")


def test_a_missing_function_is_named(tmp_path: Path) -> None:
    verdict = judge(tmp_path, submission(double="douuble = 3"))
    assert points(verdict) == {"double": 0, "mean": 2, "shift": 2}
    assert "NameError: name 'double' is not defined" in report(verdict, "double")


def test_hidden_cases_differ_by_learner_and_stay_for_one(tmp_path: Path) -> None:
    from graders.judge.session import plan
    from graders.store import seed
    from tests.graders.tiny_course import SECRET, load

    def inputs(student: str) -> list[object]:
        checks = plan(source(), load("tiny"), lambda exercise: seed(SECRET, "tiny", student, exercise))
        return [case["args"] for case in checks["double-check"].exercise["cases"]]

    assert inputs("ann") == inputs("ann") != inputs("bob")


def test_without_a_sandbox_it_must_be_asked_for_and_is_stated(tmp_path: Path) -> None:
    verdict = judge(tmp_path, submission(), no_sandbox=True)
    assert (verdict.points, verdict.sandbox) == (6, "none")


def test_a_check_cell_that_names_no_exercise_is_the_instructors_fault(tmp_path: Path) -> None:
    import nbformat

    nb = source()
    next(c for c in nb.cells if c.id == "mean-check").source = "assert mean([1]) == 1"
    nbformat.write(nb, tmp_path / "tiny.ipynb")
    with pytest.raises(ValueError, match="'mean-check' must call check"):
        job(tmp_path, submission()).judge()


def test_the_good_solutions_are_what_the_notebook_teaches() -> None:
    solved = {c.id.removesuffix("-solution"): c.source for c in source().cells if c.id.endswith("-solution")}
    assert all(GOOD[name] in text for name, text in solved.items())
