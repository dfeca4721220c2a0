"""Gold questions: each worker's accuracy, the interval that few questions leave, and the decision."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Answers = dict[str, dict[str, str]]

GOLD, INTERVAL = "only answered gold questions count", "the interval is Wilson's"
DECISION, PERFECT = "the whole interval decides, not the share", "a few right answers prove little"
NONE, REFUSED = "without gold questions nothing is known", "unusable input is refused"


def reference(answers: Mapping[str, Mapping[str, str]], gold: Mapping[str, str], target: float) -> dict[str, dict[str, Any]]:
    """Per worker ``n`` gold questions answered, ``accuracy``, ``low`` and ``high`` (95 %, Wilson 1927), ``decision``; by statsmodels.

    Raises ValueError for empty ``gold`` and for a ``target`` that is not between 0 and 1.
    """
    if not gold or not 0 < target < 1:
        raise ValueError("gold questions and a target between 0 and 1 are due")
    report = {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        low, high, accuracy = 0.0, 1.0, math.nan
        if marks:
            accuracy = float(np.mean(marks))
            low, high = proportion_confint(sum(marks), len(marks), method="wilson")
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": len(marks), "accuracy": accuracy, "low": float(low), "high": float(high), "decision": decision}
    return report


def questions(rng: np.random.Generator, right: int, wrong: int, other: int = 0, unanswered: int = 0) -> tuple[dict[str, str], dict[str, str]]:
    """One worker's answers with so many ``right`` and ``wrong`` gold answers and ``other`` answers, and the gold, partly ``unanswered``."""
    numbers = rng.permutation(right + wrong + unanswered).tolist()
    gold = {f"g{i}": ("cat", "dog")[i % 2] for i in numbers}
    answered = numbers[: right + wrong]
    given = {f"g{i}": gold[f"g{i}"] if k < right else "fox" for k, i in enumerate(answered)}
    return given | {f"x{i}": "cat" for i in range(other)}, gold


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nobody, other questions, few and many gold questions, undecided workers, the untested, then what must be refused."""
    yield Case(GOLD, ({}, {"g1": "cat"}, 0.5))
    for right, wrong, other, unanswered in ((30, 2, 25, 0), (2, 30, 0, 20), (40, 1, 10, 12)):
        given, gold = questions(rng, right, wrong, other, unanswered)
        yield Case(GOLD, ({"Ann": given}, gold, 0.5))
    for right, wrong in ((0, 12), (60, 3), (int(rng.integers(3, 9)), 40)):
        given, gold = questions(rng, right, wrong)
        yield Case(INTERVAL, ({"Bo": given}, gold, 0.6))
    for right, wrong, target in ((9, 1, 0.8), (17, 5, 0.8), (int(rng.integers(120, 140)), 10, 0.85), (10, 30, 0.35), (70, 30, 0.75)):
        given, gold = questions(rng, right, wrong)
        yield Case(DECISION, ({"Cho": given}, gold, target))
    for n in (1, 2, 4):
        given, gold = questions(rng, n, 0)
        yield Case(PERFECT, ({"Dan": given}, gold, 0.8))
    yield Case(NONE, ({"Eun": {}, "Fay": {"x1": "cat", "x2": "dog"}}, {"g1": "cat", "g2": "dog"}, 0.7))
    yield Case(REFUSED, ({}, {}, 0.8), raises="ValueError")
    yield Case(REFUSED, ({"Ann": {"g1": "cat"}}, {"g1": "cat"}, 1.0), raises="ValueError")
    yield Case(REFUSED, ({"Ann": {"g1": "cat"}}, {"g1": "cat"}, 0.0), raises="ValueError")


def public() -> Iterator[Case]:
    """Small tests that can be checked by hand, and the two at which the share and its interval disagree."""
    rng = np.random.default_rng(35)
    yield Case(GOLD, ({"Ann": {"g1": "cat", "g2": "cat", "x1": "dog"}}, {"g1": "cat", "g2": "dog", "g3": "cat"}, 0.95))
    given, gold = questions(rng, 28, 2, other=12, unanswered=8)
    yield Case(GOLD, ({"Ann": given}, gold, 0.5))
    given, gold = questions(rng, 45, 5)
    yield Case(INTERVAL, ({"Bo": given}, gold, 0.6))
    given, gold = questions(rng, 4, 28)
    yield Case(INTERVAL, ({"Bo": given}, gold, 0.6))
    for right, wrong in ((9, 1), (7, 3), (95, 5), (13, 17)):
        given, gold = questions(rng, right, wrong)
        yield Case(DECISION, ({"Cho": given}, gold, 0.8))
    given, gold = questions(rng, 3, 0)
    yield Case(PERFECT, ({"Dan": given}, gold, 0.8))
    yield Case(NONE, ({"Eun": {"x1": "cat"}}, {"g1": "cat"}, 0.8))
    yield Case(REFUSED, ({"Ann": {"g1": "cat"}}, {}, 0.8), raises="ValueError")
    yield Case(REFUSED, ({"Ann": {"g1": "cat"}}, {"g1": "cat"}, 80), raises="ValueError")
    yield Case(REFUSED, ({"Ann": {"g1": "cat"}}, {"g1": "cat"}, math.nan), raises="ValueError")


exercise = Exercise(
    id="qualify_workers",
    title="Qualifying workers with gold questions",
    points=4,
    minutes=15,
    hints=(
        "Go through `gold`, not through the answers: `item in given` says whether the worker answered it.",
        "Wilson: with $z = 1.96$, `centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)` and "
        "`half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)`.",
        "Decide from the ends: accept if even the low end reaches the target, reject if even the high end misses it.",
    ),
    compare=close(rtol=0, atol=5e-4),  # three decimals: z = 1.96 and z = 1.959964 are both right
    reference=reference,
    public=tuple(public()),
    hidden=hidden,
)


@exercise.right
def by_the_formula(answers, gold, target):
    if len(gold) == 0 or not 0 < target < 1:
        raise ValueError("gold questions and a target between 0 and 1 are due")
    z, report = 1.96, {}
    for worker, given in answers.items():
        asked = [item for item in gold if item in given]
        n = len(asked)
        if n == 0:
            report[worker] = {"n": 0, "accuracy": math.nan, "low": 0.0, "high": 1.0, "decision": "undecided"}
            continue
        p = sum(given[item] == gold[item] for item in asked) / n
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        decision = "undecided"
        if centre - half >= target:
            decision = "accept"
        if centre + half < target:
            decision = "reject"
        report[worker] = {"n": n, "accuracy": p, "low": centre - half, "high": centre + half, "decision": decision}
    return report


@exercise.right
def by_the_quadratic_equation(answers, gold, target):
    if not gold or target <= 0 or target >= 1 or target != target:
        raise ValueError("gold questions and a target between 0 and 1 are due")
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        marks = [given[item] == gold[item] for item in given if item in gold]
        n, p, ends = len(marks), math.nan, [0.0, 1.0]
        if n:
            p = sum(marks) / n
            ends = sorted(np.roots([1 + z2 / n, -(2 * p + z2 / n), p * p]).real)  # (p - x)² = z² x (1 - x) / n
        decision = "accept" if ends[0] >= target else "reject" if ends[1] < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": ends[0], "high": ends[1], "decision": decision}
    return report


@exercise.right
def with_a_warning(answers, gold, target):
    import warnings

    if not gold or not (target > 0 and target < 1):
        raise ValueError("unusable input")
    report = {}
    for worker, given in answers.items():
        right = np.array([given[item] == label for item, label in gold.items() if item in given], dtype=float)
        n = len(right)
        if n < 10:
            warnings.warn(f"{worker}: fewer than ten gold questions", stacklevel=2)
        p, z2 = right.mean(), 1.96**2  # NumPy itself warns about the mean of nothing
        middle, half = n * p + z2 / 2, np.sqrt(z2 * (n * p * (1 - p) + z2 / 4))
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 1.0)
        decision = "undecided" if low < target <= high else "accept" if low >= target else "reject"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "Your interval is p ± 1.96·√(p(1−p)/n). With 3 of 3 right its width is zero, as if three questions had proved perfection, and near 1 it "
    "reaches beyond 1. Wilson's interval asks which true accuracies could have given this result.",
    share=2 / 6,
)
def wald(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    report = {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        n = len(marks)
        p = sum(marks) / n if n else math.nan
        half = 1.96 * math.sqrt(p * (1 - p) / n) if n else math.nan
        low, high = (p - half, p + half) if n else (0.0, 1.0)
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "You compare the share itself with the target. 9 of 10 passes 80 % then, although a worker who is right 75 % of the time gets there often. "
    "Let both ends of the interval decide; between them lies \"undecided\", which means: ask more gold questions.",
    share=4 / 6,
)
def share_decides(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        n = len(marks)
        p = sum(marks) / n if n else math.nan
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4)) if n else 0
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 1.0)
        decision = "accept" if p >= target else "reject" if p < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "You send away everybody who is not proven good. A beginner with three right answers of three is then rejected for having been asked too "
    "little. Reject only where even the high end misses the target.",
    share=3 / 6,
)
def unproven_is_rejected(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        n = len(marks)
        p = sum(marks) / n if n else math.nan
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4)) if n else 0
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 1.0)
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": "accept" if low >= target else "reject"}
    return report


@exercise.wrong(
    "You divide by all gold questions. Those that the worker was never shown then count as mistakes, and whoever has just begun looks "
    "incompetent. Divide by the gold questions that this worker answered.",
    share=4 / 6,
)
def unanswered_is_wrong(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        n = len(gold)
        p = sum(given.get(item) == truth for item, truth in gold.items()) / n
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4))
        low, high = (middle - half) / (n + z2), (middle + half) / (n + z2)
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "You count all of a worker's answers. For ordinary items nobody knows the truth yet, so they can be neither right nor wrong: only items "
    "in `gold` count, in the share and in n.",
    share=4 / 6,
)
def all_answers_count(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        marks = [gold.get(item) == label for item, label in given.items()]
        n = len(marks)
        p = sum(marks) / n if n else math.nan
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4)) if n else 0
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 1.0)
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "A worker who answered no gold question gets the accuracy 0 from you, and is rejected. Nothing was measured: the accuracy is `nan`, any "
    "value from 0 to 1 is possible, and the decision is \"undecided\".",
    share=5 / 6,
)
def untested_is_zero(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        n = len(marks)
        p = sum(marks) / max(n, 1)
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4))
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 0.0)
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "Your interval is too narrow: for 95 % in the middle, 2.5 % lie outside at each end, which is z = 1.96. With z = 1.645 you leave 5 % at "
    "each end.",
    share=2 / 6,
)
def ninety_per_cent(answers, gold, target):
    if not gold or not 0 < target < 1:
        raise ValueError("unusable input")
    z2, report = 1.645**2, {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        n = len(marks)
        p = sum(marks) / n if n else math.nan
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4)) if n else 0
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 1.0)
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report


@exercise.wrong(
    "The report is right, but unusable input passes. Without gold questions everybody stays undecided for ever; a target of 80 instead of 0.8 "
    "rejects everybody without a word. Raise a ValueError.",
    share=5 / 6,
)
def nothing_checked(answers, gold, target):
    z2, report = 1.959964**2, {}
    for worker, given in answers.items():
        marks = [given[item] == truth for item, truth in gold.items() if item in given]
        n = len(marks)
        p = sum(marks) / n if n else math.nan
        middle, half = n * p + z2 / 2, math.sqrt(z2 * (n * p * (1 - p) + z2 / 4)) if n else 0
        low, high = ((middle - half) / (n + z2), (middle + half) / (n + z2)) if n else (0.0, 1.0)
        decision = "accept" if low >= target else "reject" if high < target else "undecided"
        report[worker] = {"n": n, "accuracy": p, "low": low, "high": high, "decision": decision}
    return report
