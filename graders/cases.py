"""From exercises to cases with expected values: the public ones, to ship, and all of them, to grade."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from datacentric_helpers import wire
from datacentric_helpers.compare import compare
from datacentric_helpers.outcome import run_case
from graders.exercise import Answer, Case, Exercise

__all__ = ["all_cases", "load_exercises", "pack", "ship", "with_mistakes"]


def load_exercises(assignment: str) -> dict[str, Exercise]:
    """The exercises of ``assignment`` by id, in the order of its notebook. Raises KeyError for an unknown assignment."""
    try:
        module = import_module(f"graders.exercises.{assignment}")
    except ModuleNotFoundError as error:
        raise KeyError(f"there is no assignment {assignment!r} under graders/exercises/") from error
    return {exercise.id: exercise for exercise in module.EXERCISES}


def pack(exercise: Exercise, public: Iterable[Case], hidden: Iterable[Case] = ()) -> dict[str, Any]:
    """``exercise`` as plain data: texts, comparator, and each case with what is due. ``mistakes`` is empty: see ``with_mistakes``."""
    return {
        "id": exercise.id,
        "title": exercise.title,
        "points": exercise.points,
        "minutes": exercise.minutes,
        "hints": list(exercise.hints),
        "compare": exercise.compare,
        "mistakes": [],
        "cases": [_pack_case(exercise, case, False) for case in public]
        + [_pack_case(exercise, case, True) for case in hidden],
    }


def all_cases(exercise: Exercise, seed: int) -> dict[str, Any]:
    """``pack`` with the public cases and the hidden ones that ``seed`` gives."""
    packed = pack(exercise, (), exercise.hidden(np.random.default_rng(seed)))
    return {**packed, "cases": [*_public(exercise)["cases"], *packed["cases"]]}


def with_mistakes(exercise: Exercise, packed: dict[str, Any]) -> dict[str, Any]:
    """``packed`` with the known mistakes' messages, and in each case what they give, None where a mistake does no harm there.

    It runs every mistake on every case, which costs more than all the rest: it is for those who hand in a mistake.
    """
    cases = [{**case, "mistakes": [_harm(exercise, answer, case) for answer in exercise.mistakes]} for case in packed["cases"]]
    return {**packed, "mistakes": [answer.message for answer in exercise.mistakes], "cases": cases}


@lru_cache(maxsize=256)
def _public(exercise: Exercise) -> dict[str, Any]:
    """The same for every learner."""
    return pack(exercise, exercise.public)


def ship(assignment: str, folder: Path) -> Path:
    """Write the public cases of ``assignment`` into ``folder`` and return the file's path."""
    content = {e.id: with_mistakes(e, pack(e, e.public)) for e in load_exercises(assignment).values()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{assignment}.msgpack"
    path.write_bytes(wire.encode(content))
    return path


def _pack_case(exercise: Exercise, case: Case, hidden: bool) -> dict[str, Any]:
    expected = None
    if not case.raises:
        expected = case.expected if case.expected is not None else exercise.reference(*copy.deepcopy(case.args))
    packed: dict[str, Any] = {
        "property": case.property, "args": list(case.args), "raises": case.raises, "expected": expected, "hidden": hidden,
    }
    if case.compare is not None:
        packed["compare"] = case.compare
    if case.service is not None:
        packed["service"] = case.service
    return packed


def _harm(exercise: Exercise, answer: Answer, case: dict[str, Any]) -> dict[str, Any] | None:
    """What a known mistake gives in ``case``; None where that is right. One that names the cases it fails is not run."""
    if answer.breaks:
        about = case["service"].get("about", case["service"]["site"])
        found = [raised for name, what, *raised in answer.breaks if (name, what) == (case["property"], about)]
        return ({"raised": found[0]} if found[0] else {"value": None}) if found else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = run_case(answer.function, copy.deepcopy(case["args"]), case.get("service"))
    if case["raises"]:
        return None if case["raises"] in outcome.get("raised", ()) else outcome
    if "value" in outcome and compare(case.get("compare", exercise.compare), case["expected"], outcome["value"]) is None:
        return None
    return outcome
