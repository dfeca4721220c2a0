"""No grader lets a mutant of the reference or of the notebook's solution pass, but for those that are equivalent.

Survivors stand in ``equivalent_mutants.toml`` with the reason; one that is killed by now, or that no longer exists, must go.
"""

import inspect
import sys
import textwrap
import tomllib
import warnings

import pytest

from tests.graders.course import EXERCISES, ROOT, answer, packed, solution
from tests.graders.mutation import define, mutants, survives

SEEDS = (0, 1, 2)
# A crawl takes seconds, and hundreds of mutants of it an hour: there the zoo holds one changed crawler for each rule instead.
MUTATED = [(a, e) for a, e in EXERCISES if not e.public[0].service]
IDS = [f"{a}/{e.id}" for a, e in MUTATED]
EXPLAINED = tomllib.loads((ROOT / "tests" / "graders" / "equivalent_mutants.toml").read_text(encoding="utf-8"))


def surviving(source, made, assignment, exercise):
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for what, mutant in mutants(source):
            try:
                function = made(mutant)
            except Exception:
                continue  # a mutant that cannot even be defined is dead
            if all(survives(function, packed(assignment, exercise.id, seed)) for seed in SEEDS):
                found.append(what)
    return found


def check_against_the_list(found, exercise, kind):
    explained = EXPLAINED.get(exercise.id, {}).get(kind, {})
    unexplained = [what for what in found if what not in explained]
    stale = [what for what in explained if what not in found]
    assert not unexplained, f"mutants that the grader cannot tell from a right answer: {unexplained}"
    assert not stale, f"listed in equivalent_mutants.toml, but killed or gone: {stale}"


@pytest.mark.parametrize(("assignment", "exercise"), MUTATED, ids=IDS)
def test_no_mutant_of_the_solution_survives_unexplained(assignment, exercise):
    source = solution(assignment, exercise.id)
    found = surviving(source, lambda mutant: answer(assignment, exercise.id, mutant), assignment, exercise)
    check_against_the_list(found, exercise, "solution")


@pytest.mark.parametrize(("assignment", "exercise"), MUTATED, ids=IDS)
def test_no_mutant_of_the_reference_survives_unexplained(assignment, exercise):
    function = exercise.reference
    source = "from __future__ import annotations\n" + textwrap.dedent(inspect.getsource(function))
    scope = vars(sys.modules[function.__module__])
    found = surviving(source, lambda mutant: define(mutant, function.__name__, scope), assignment, exercise)
    check_against_the_list(found, exercise, "reference")


def test_the_mutation_finds_every_kind_of_change():
    source = "def f(a):\n    if a < 1 and not a:\n        raise ValueError\n    return max(a * 2, -a)\n"
    changed = " ".join(what for what, _ in mutants(source))
    for expected in ("a <= 1", "or not a", "min", "a / 2", "2  →  3", "pass"):
        assert expected in changed


def test_a_mutant_that_never_ends_counts_as_killed():
    def endless(*_args):
        while True:
            pass

    assignment, exercise = EXERCISES[0]
    assert not survives(endless, packed(assignment, exercise.id, 0), seconds=0.2)
