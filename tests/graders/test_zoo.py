"""Every grader gives every answer of its zoo exactly the score and the message that it must get."""

import warnings

import pytest

from datacentric_helpers import wire
from datacentric_helpers.outcome import assess, run_case
from graders.exercise import Answer
from tests.graders.course import EXERCISES, IDS, answer, packed, scope, solution
from tests.graders.mutation import define

SEEDS = range(5)


def seeds(exercise):
    """A case with a web of its own takes seconds: one seed there."""
    return SEEDS[:1] if exercise.public[0].service else SEEDS


ZOO = [(a, e, answer) for a, e in EXERCISES for answer in e.zoo]


def graded(assignment, exercise, function, seed, hidden=True):
    content = packed(assignment, exercise.id, seed)
    if not hidden:
        content = {**content, "cases": [case for case in content["cases"] if not case["hidden"]]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = [run_case(function, wire.decode(wire.encode(case["args"])), case.get("service")) for case in content["cases"]]
    return assess(content, outcomes)


def story(report):
    """Which properties hold, and why the others do not."""
    return {p.name: p.passed or p.failures[0].reason if p.failures else p.passed for p in report.properties}


@pytest.mark.parametrize(("assignment", "exercise", "answer"), ZOO, ids=[f"{e.id}-{a.function.__name__}" for _, e, a in ZOO])
def test_an_answer_of_the_zoo_gets_its_share_and_message(assignment, exercise, answer):
    for seed in seeds(exercise):
        hidden = not exercise.public[0].service or answer.kind == "right"  # hidden crawls test the same properties, and take as long
        report = graded(assignment, exercise, answer.function, seed, hidden)
        assert report.share == pytest.approx(answer.share), story(report)
        assert report.advice == answer.message, story(report)


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=IDS)
def test_an_answer_typed_into_the_notebook_behaves_like_the_function_in_the_zoo(assignment, exercise):
    for entry in exercise.zoo[:1] if exercise.public[0].service else exercise.zoo:
        function = define(entry.source, entry.function.__name__, scope(assignment, exercise.id))
        report = graded(assignment, exercise, function, 0)
        assert report.share == pytest.approx(entry.share), f"{entry.function.__name__}: {story(report)}"


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=IDS)
def test_the_solution_in_the_notebook_earns_everything(assignment, exercise):
    function = answer(assignment, exercise.id, solution(assignment, exercise.id))
    assert all(graded(assignment, exercise, function, seed).passed for seed in seeds(exercise))


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=IDS)
@pytest.mark.parametrize("useless", [
    lambda *args: (_ for _ in ()).throw(NotImplementedError()), lambda *args: (_ for _ in ()).throw(ValueError()),
    lambda *args: None, lambda *args: 0, lambda *args: args[0], lambda *args: [], lambda *args: float("nan"), lambda *args: object(),
], ids=["blank", "raises", "none", "zero", "echo", "empty", "nan", "object"])
def test_a_useless_answer_never_passes_and_a_raising_one_earns_nothing(assignment, exercise, useless):
    report = graded(assignment, exercise, useless, 0)
    assert report.share <= 0.4
    assert not report.passed


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=IDS)
def test_the_zoo_holds_what_every_zoo_must(assignment, exercise):
    rights = [a for a in exercise.zoo if a.kind == "right"]
    messages = [a.message for a in exercise.mistakes]
    assert len(rights) >= 2, "two right answers written differently"
    assert any("warn" in a.source for a in rights), "a right one that warns"
    assert len(messages) >= 3
    assert len(set(messages)) == len(messages)
    assert exercise.public
    assert exercise.hints


def test_a_wrong_answer_cannot_be_listed_with_the_full_share():
    with pytest.raises(ValueError, match="less than 1"):
        EXERCISES[0][1].wrong("a message", share=1.0)


def test_the_source_of_an_answer_is_what_a_learner_would_type():
    answer = EXERCISES[0][1].zoo[0]
    assert isinstance(answer, Answer)
    assert answer.source.startswith("def ")
    assert "@" not in answer.source.split("\n")[0]
