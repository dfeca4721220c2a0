"""``check``: run an exercise's public cases on the learner's function, at once and locally, and show what was found.

In the grader's sandbox the same call is a client: it answers the judge's questions and shows nothing (``judge_client``).
"""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

from datacentric_helpers import wire
from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.judge_client import answer, judged
from datacentric_helpers.outcome import Report, assess, run_case

__all__ = ["CASES", "check", "exercises", "report"]

CASES = Path(__file__).parent / "cases"


@cache
def exercises(assignment: str | None = None) -> dict[str, dict[str, Any]]:
    """The exercises that came with the workbook, by id: texts, comparator and public cases; of one assignment or of all."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(CASES.glob(f"{assignment or '*'}.msgpack")):
        for name, exercise in wire.decode(path.read_bytes()).items():
            found[name] = {**exercise, "assignment": path.stem}
    return found


def report(exercise_id: str, function: Any) -> Report:
    """What the public cases say of ``function``. Raises ValueError for an exercise that the workbook does not have."""
    exercise = exercises().get(exercise_id)
    if exercise is None:
        known = ", ".join(exercises()) or _("none: run `dcai build` first")
        raise ValueError(_("there is no exercise {name!r}; the workbook has: {known}").format(name=exercise_id, known=known))
    outcomes = []
    for case in exercise["cases"]:
        arguments = wire.decode(wire.encode(case["args"]))  # a fresh copy: a function may change what it is given
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcomes.append(run_case(function, arguments, case.get("service")))
    return assess(exercise, outcomes)


def check(exercise_id: str, function: Any) -> None:
    """Check ``function`` against the public cases of ``exercise_id`` and show the result as a card (text in a terminal).

    The result is kept in the workbook's progress. Nothing here counts as a grade: the grader has cases of its own.
    """
    if judged():
        answer(exercise_id, function)
        return
    from datacentric_helpers import cards, progress

    result = report(exercise_id, function)
    note = progress.record(exercises()[exercise_id]["assignment"], result)
    cards.display(result, note)
