"""Which of the four cases a project is in, by agreement and model score."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

CASES, EQUAL = "the four cases", "a gauge on its target counts as high"
NEGATIVE = "agreement below zero is possible"
MISSING, RANGE = "NaN is refused", "values out of range are refused"

# (IAA high, model high) -> the case's name, as in the table of unit 5-3
NAMES = {
    (True, True): "release",
    (True, False): "improve_model_or_features",
    (False, True): "check_leakage_or_test_set",
    (False, False): "revise_guideline",
}


def reference(iaa: float, model_score: float, iaa_target: float, model_target: float) -> str:
    """The name of the case, looked up in the table of unit 5-3; a gauge is high from its target upwards.

    ``iaa`` and ``iaa_target`` are coefficients (-1 to 1), ``model_score`` and ``model_target`` shares (0 to 1).
    Raises ValueError for a number outside its range, and for NaN, which lies in no range.
    """
    gauges = pd.DataFrame({"is": [iaa, model_score], "target": [iaa_target, model_target], "low": [-1.0, 0.0]})
    for column in ("is", "target"):
        if not gauges[column].between(gauges["low"], 1.0).all():  # between() includes both ends, and is False for NaN
            raise ValueError("a number is out of range, or NaN")
    iaa_high, model_high = gauges["is"].ge(gauges["target"]).tolist()
    return NAMES[iaa_high, model_high]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Ends of the ranges first, then random projects in each case, then each argument broken in each way."""
    yield Case(EQUAL, (1.0, 1.0, 1.0, 1.0))
    yield Case(EQUAL, (0.5, 0.0, 0.5, 0.0))
    yield Case(NEGATIVE, (-0.5, 0.5, -1.0, 0.25))
    yield Case(NEGATIVE, (-1.0, 0.0, 1.0, 1.0))
    for high in (True, False, True, False):
        iaa_target, model_target = rng.uniform(0.4, 0.6, 2).round(2).tolist()
        for step in (0.25, -0.25):
            up = 0.25 if high else -0.25
            yield Case(CASES, (iaa_target + step, model_target + up, iaa_target, model_target))
        yield Case(EQUAL, (iaa_target, model_target - 0.125, iaa_target, model_target))
        yield Case(EQUAL, (iaa_target - 0.125, model_target, iaa_target, model_target))
        yield Case(NEGATIVE, (-iaa_target, model_target + 0.125, iaa_target, model_target))
    fine = [0.85, 0.93, 0.8, 0.9]
    for place in range(4):
        yield Case(MISSING, (*fine[:place], math.nan, *fine[place + 1 :]), raises="ValueError")
        for broken in (-1.25 if place % 2 == 0 else -0.25, 1.25, math.inf):
            yield Case(RANGE, (*fine[:place], broken, *fine[place + 1 :]), raises="ValueError")


exercise = Exercise(
    id="diagnose",
    title="Four cases: agreement and model score",
    points=2,
    minutes=6,
    hints=(
        "Two questions with yes or no: does the agreement reach its target, does the model reach its own? Four combinations, four names.",
        "\"At least\" is `>=`. Each gauge is compared with its own target; the usual 0.8 and 0.9 are nowhere in the function.",
        "Check the four numbers before you compare: every comparison with NaN is False, so `not low <= value <= 1` finds NaN as well.",
    ),
    compare=exact(),  # one of four names
    reference=reference,
    public=(
        Case(CASES, (0.85, 0.95, 0.8, 0.9)),
        Case(CASES, (0.85, 0.7, 0.8, 0.9)),
        Case(CASES, (0.45, 0.95, 0.8, 0.9)),
        Case(CASES, (0.45, 0.7, 0.8, 0.9)),
        Case(CASES, (0.7, 0.75, 0.667, 0.7)),
        Case(EQUAL, (0.8, 0.9, 0.8, 0.9)),
        Case(NEGATIVE, (-0.1, 0.5, 0.667, 0.7)),
        Case(MISSING, (math.nan, 0.95, 0.8, 0.9), raises="ValueError"),
        Case(RANGE, (0.85, 95.0, 0.8, 0.9), raises="ValueError"),
        Case(RANGE, (0.85, 0.95, 0.8, 90.0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_ifs(iaa, model_score, iaa_target, model_target):
    for value in (iaa, iaa_target):
        if not -1 <= value <= 1:
            raise ValueError(f"agreement lies between -1 and 1, not {value}")
    for value in (model_score, model_target):
        if not 0 <= value <= 1:
            raise ValueError(f"a score lies between 0 and 1, not {value}")
    if iaa >= iaa_target and model_score >= model_target:
        return "release"
    elif iaa >= iaa_target:
        return "improve_model_or_features"
    elif model_score >= model_target:
        return "check_leakage_or_test_set"
    return "revise_guideline"


@exercise.right
def with_a_table(iaa, model_score, iaa_target, model_target):
    values = np.array([iaa, model_score, iaa_target, model_target], dtype=float)
    if np.isnan(values).any() or (values > 1).any() or (values < [-1, 0, -1, 0]).any():
        raise ValueError(f"a number is missing or out of range: {values}")
    table = [["revise_guideline", "check_leakage_or_test_set"], ["improve_model_or_features", "release"]]
    return table[int(iaa >= iaa_target)][int(model_score >= model_target)]


@exercise.right
def with_a_warning(iaa, model_score, iaa_target, model_target):
    import warnings

    if any(math.isnan(x) or x > 1 for x in (iaa, model_score, iaa_target, model_target)):
        raise ValueError("NaN, or a number above 1")
    if min(iaa, iaa_target) < -1 or min(model_score, model_target) < 0:
        raise ValueError("a number below its range")
    if abs(iaa - iaa_target) < 0.05:
        warnings.warn("close to the target: look at the interval", stacklevel=2)
    if iaa < iaa_target:
        return "revise_guideline" if model_score < model_target else "check_leakage_or_test_set"
    return "improve_model_or_features" if model_score < model_target else "release"


@exercise.wrong(
    "A gauge exactly on its target counts as low in your code. A target is what has to be reached: who gets there has passed, so compare "
    "with `>=`.",
    share=4 / 5,
)
def strictly_above(iaa, model_score, iaa_target, model_target):
    if not (-1 <= iaa <= 1 and 0 <= model_score <= 1 and -1 <= iaa_target <= 1 and 0 <= model_target <= 1):
        raise ValueError("a number is missing or out of range")
    if iaa > iaa_target:
        return "release" if model_score > model_target else "improve_model_or_features"
    return "check_leakage_or_test_set" if model_score > model_target else "revise_guideline"


@exercise.wrong(
    "The two mixed cases are exchanged. Where people agree and the model fails, the labels hold: look at the model and its inputs. Where the "
    "model succeeds although people disagree, ask how it can know: a leak, or a test set of easy items.",
    share=0,
)
def mixed_up(iaa, model_score, iaa_target, model_target):
    if not (-1 <= iaa <= 1 and 0 <= model_score <= 1 and -1 <= iaa_target <= 1 and 0 <= model_target <= 1):
        raise ValueError("a number is missing or out of range")
    if iaa >= iaa_target:
        return "release" if model_score >= model_target else "check_leakage_or_test_set"
    return "improve_model_or_features" if model_score >= model_target else "revise_guideline"


@exercise.wrong(
    "Your function compares with 0.8 and 0.9, whatever targets come. These suit one project only: a pilot may start from 0.667, a medical "
    "device may need 0.99. Compare with `iaa_target` and `model_target`.",
    share=0,
)
def own_targets(iaa, model_score, iaa_target, model_target):
    if not (-1 <= iaa <= 1 and 0 <= model_score <= 1 and -1 <= iaa_target <= 1 and 0 <= model_target <= 1):
        raise ValueError("a number is missing or out of range")
    if iaa >= 0.8:
        return "release" if model_score >= 0.9 else "improve_model_or_features"
    return "check_leakage_or_test_set" if model_score >= 0.9 else "revise_guideline"


@exercise.wrong(
    "You refuse agreement below zero. Chance-corrected coefficients do fall below it: people agree less than by chance, often because one of "
    "them has two labels the wrong way round. That is a low gauge, not a broken one: `iaa` starts at −1.",
    share=4 / 5,
)
def no_negative_agreement(iaa, model_score, iaa_target, model_target):
    if not all(0 <= x <= 1 for x in (iaa, model_score, iaa_target, model_target)):
        raise ValueError("a number is missing or out of range")
    if iaa >= iaa_target:
        return "release" if model_score >= model_target else "improve_model_or_features"
    return "check_leakage_or_test_set" if model_score >= model_target else "revise_guideline"


@exercise.wrong(
    "NaN passes as \"low\", since every comparison with NaN is False. A gauge that shows nothing is not a low one: an undefined kappa would "
    "send people off to rewrite the guideline. Refuse NaN with a ValueError.",
    share=4 / 5,
)
def nan_is_low(iaa, model_score, iaa_target, model_target):
    if max(iaa, iaa_target) > 1 or min(iaa, iaa_target) < -1:
        raise ValueError("agreement is out of range")
    if model_score > 1 or model_score < 0 or model_target > 1 or model_target < 0:
        raise ValueError("a score is out of range")
    if iaa >= iaa_target:
        return "release" if model_score >= model_target else "improve_model_or_features"
    return "check_leakage_or_test_set" if model_score >= model_target else "revise_guideline"


@exercise.wrong(
    "Numbers out of range pass. An accuracy of 95 is a percentage in the wrong place, and it beats every target: the project would be "
    "released. Check the ranges of both gauges and of both targets first.",
    share=4 / 5,
)
def any_number(iaa, model_score, iaa_target, model_target):
    if any(math.isnan(x) for x in (iaa, model_score, iaa_target, model_target)):
        raise ValueError("a number is missing")
    if iaa >= iaa_target:
        return "release" if model_score >= model_target else "improve_model_or_features"
    return "check_leakage_or_test_set" if model_score >= model_target else "revise_guideline"


@exercise.wrong(
    "You check the two gauges but not their targets. A target of 90 instead of 0.9 can never be reached, one that is NaN neither: the "
    "advice would be the same for ever. Targets have the ranges of their gauges.",
    share=3 / 5,
)
def targets_unchecked(iaa, model_score, iaa_target, model_target):
    if not (-1 <= iaa <= 1 and 0 <= model_score <= 1):
        raise ValueError("a gauge is missing or out of range")
    if iaa >= iaa_target:
        return "release" if model_score >= model_target else "improve_model_or_features"
    return "check_leakage_or_test_set" if model_score >= model_target else "revise_guideline"
