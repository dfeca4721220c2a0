"""Adjudication: from several ratings per item to one label, by the raters' reliability."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

WEIGHTS, TIE = "the label with the most reliability behind it wins", "a tie goes to the expert"
ROUNDING, GAPS = "rounding does not break a tie", "whoever has not rated has no vote"
REFUSED = "unusable input is refused"


def reference(ratings: Sequence[Sequence[str | None]], reliability: Sequence[float]) -> list[str | None]:
    """One label per item (row): the one with the largest sum of reliabilities, added up as exact fractions.

    None where nobody has rated the item or where the two largest sums are at most 1e-9 apart. Raises ValueError for no items,
    a row that has not one entry per annotator, or a reliability that is NaN or not in (0, 1].
    """
    if {len(row) for row in ratings} != {len(reliability)}:  # also where there is no row
        raise ValueError("one entry per item and annotator is due")
    if not all(0 < r <= 1 for r in reliability):  # NaN fails every comparison
        raise ValueError("reliabilities are above 0 and at most 1")
    weights = [Fraction(r) for r in reliability]
    decided: list[str | None] = []
    for row in ratings:
        labels = {label for label in row if label is not None}
        best = [a for a in labels if all(_lead(row, weights, a, b) > Fraction(1, 10**9) for b in labels - {a})]
        decided.append(best[0] if best else None)
    return decided


def _lead(row: Sequence[str | None], weights: Sequence[Fraction], a: str, b: str) -> Fraction:
    """By how much label ``a`` is ahead of label ``b`` in one item."""
    return sum((w for w, label in zip(weights, row) if label == a), Fraction(0)) - sum(
        (w for w, label in zip(weights, row) if label == b), Fraction(0)
    )


# four annotators; sixteenths are exact in binary, and no two camps have equal sums
RELIABILITY = [0.9375, 0.625, 0.4375, 0.25]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One rater, one item, ties of two and of three labels, ties below the top, gaps, random tables, then what must be refused."""
    yield Case(WEIGHTS, ([["cat"], ["dog"]], [1.0]))
    yield Case(WEIGHTS, ([["a", "b", "b", "b"], ["b", "a", "a", "c"], ["c", "c", "b", "a"]], RELIABILITY))
    yield Case(WEIGHTS, ([["a", "b", "c", "c"]], [0.5, 0.5, 0.25, 0.5]))  # b ties with a, below c
    yield Case(WEIGHTS, ([["a", "b"], ["b", "a"]], [0.5, 0.5 + 2.0**-29]))  # 1.9e-9 apart: close, but no tie
    yield Case(TIE, ([["b", "a"], ["a", "b"]], [1.0, 1.0]))
    yield Case(TIE, ([["b", "a", "c", "d"]], [0.5, 0.5, 0.5, 0.25]))
    yield Case(TIE, ([["a", "b", "b"], ["b", "a", "a"]], [1.0, 0.625, 0.375]))
    yield Case(ROUNDING, ([["no", "no", "no", "yes"], ["yes", "yes", "yes", "no"]], [0.1, 0.1, 0.1, 0.3]))
    yield Case(ROUNDING, ([["a", "b"], ["b", "a"]], [0.5, 0.5 + 2.0**-30]))  # 0.9e-9 apart
    yield Case(GAPS, ([[None, None, None, None], ["a", None, None, None], [None, "b", None, "a"]], RELIABILITY))
    yield Case(GAPS, ([[None, "b", "a", "a"], [None, None, "a", "a"], [None, None, None, "c"]], RELIABILITY))
    for n_items in (6, 20):
        table = rng.choice(["cat", "dog", "bird"], (n_items, 4)).tolist()
        weights = rng.permutation(RELIABILITY).tolist()
        yield Case(WEIGHTS, (table, weights))
        gaps = rng.random((n_items, 4)) < 0.35
        yield Case(GAPS, ([[None if g else x for x, g in zip(*pair)] for pair in zip(table, gaps)], weights))
    fine = [["a", "b"], ["b", "b"]]
    for rows in ([["a"], ["b", "b"]], [["a", "b"], ["b"]], [["a", "b", "b"], ["b", "b"]], [["a", "b", "b"], ["b", "b", "a"]]):
        yield Case(REFUSED, (rows, [0.75, 0.5]), raises="ValueError")
    for broken in (0.0, -0.5, 1.5, float("nan"), float("inf")):
        yield Case(REFUSED, (fine, [0.75, broken]), raises="ValueError")
        yield Case(REFUSED, (fine, [broken, 0.75]), raises="ValueError")
    yield Case(REFUSED, ([], []), raises="ValueError")


exercise = Exercise(
    id="adjudicate",
    title="Adjudication by reliability",
    points=3,
    minutes=12,
    hints=(
        "One item at a time: go through its labels and the reliabilities side by side, and skip None.",
        "Give every label a sum: `sums[label] += weight`, with a `defaultdict(float)`. The largest sum decides.",
        "Then look at the second largest: where it is no more than 1e-9 below, or where there is no label at all, the answer is None.",
    ),
    compare=exact(),  # labels and None
    reference=reference,
    public=(
        Case(WEIGHTS, ([["4", "4", "4", "7"], ["4", "4", "9", "7"]], [0.5, 0.25, 0.125, 0.8125])),
        Case(WEIGHTS, ([["bug", "ok", "bug"], ["ok", "bug", "bug"]], [0.75, 0.625, 0.25])),
        Case(TIE, ([["cat", "cat", "dog"], ["dog", "dog", "cat"], ["dog", "dog", "dog"]], [0.5, 0.25, 0.75])),
        Case(ROUNDING, ([["cat", "cat", "dog"]], [0.1, 0.2, 0.3])),
        Case(GAPS, ([[None, "dog", "cat"], [None, None, None], [None, "cat", None]], [0.9375, 0.5, 0.25])),
        Case(REFUSED, ([["cat", "dog"], ["cat"]], [0.75, 0.5]), raises="ValueError"),
        Case(REFUSED, ([["cat", "dog"]], [0.75, float("nan")]), raises="ValueError"),
        Case(REFUSED, ([], [0.75, 0.5]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_defaultdict(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings):
        raise ValueError("every item needs one entry per annotator")
    if any(not 0 < r <= 1 for r in reliability):
        raise ValueError("reliabilities lie in (0, 1]")
    result = []
    for row in ratings:
        sums = defaultdict(float)
        for label, weight in zip(row, reliability):
            if label is not None:
                sums[label] += weight
        best = max(sums.values(), default=0)
        winners = [label for label, total in sums.items() if best - total <= 1e-9]
        result.append(winners[0] if len(winners) == 1 else None)
    return result


@exercise.right
def with_a_matrix(ratings, reliability):
    weights = np.array(reliability, dtype=float)
    if len(ratings) == 0 or {len(row) for row in ratings} != {len(weights)} or not ((weights > 0) & (weights <= 1)).all():
        raise ValueError("ratings and reliabilities do not fit")
    table = np.array(ratings, dtype=object)
    labels = sorted({x for x in table.ravel() if x is not None})
    if not labels:
        return [None] * len(table)
    sums = np.column_stack([(table == label) @ weights for label in labels] + [np.zeros(len(table))])
    first, second = -np.sort(-sums, axis=1)[:, :2].T
    return [labels[i] if gap > 1e-9 else None for i, gap in zip(sums.argmax(axis=1), first - second)]


@exercise.right
def with_a_warning(ratings, reliability):
    import warnings

    if len(ratings) == 0 or not all(len(row) == len(reliability) for row in ratings):
        raise ValueError("every item needs one entry per annotator")
    if not all(0 < r <= 1 for r in reliability):
        raise ValueError("reliabilities lie in (0, 1]")
    result = []
    for i, row in enumerate(ratings):
        sums = {x: sum(r for y, r in zip(row, reliability) if y == x) for x in row if x is not None}
        ranked = sorted(sums, key=sums.get, reverse=True)
        if not ranked or (len(ranked) > 1 and sums[ranked[0]] - sums[ranked[1]] < 1e-9):
            warnings.warn(f"item {i} needs an expert", stacklevel=2)
            ranked = [None]
        result.append(ranked[0])
    return result


@exercise.wrong(
    "Every vote counts the same in your code: that is the majority. Two careless people then outvote a careful one. Add up the "
    "reliabilities of those who chose a label, not their number.",
    share=0,
)
def plain_majority(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        top = Counter(x for x in row if x is not None).most_common(2)
        result.append(top[0][0] if len(top) == 1 or (top and top[0][1] > top[1][1]) else None)
    return result


@exercise.wrong(
    "Your code asks the most reliable annotator and nobody else. Weights are there to be added: several people of middling reliability who "
    "agree can know more than the best one alone.",
    share=0,
)
def best_one_decides(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        votes = sorted(((r, x) for x, r in zip(row, reliability) if x is not None), reverse=True)
        top = {x for r, x in votes if votes[0][0] - r < 1e-9}
        result.append(top.pop() if len(top) == 1 else None)
    return result


@exercise.wrong(
    "You averaged the reliabilities behind a label. Then a further supporter of lower reliability weakens the label, although nobody spoke "
    "against it. Add them up.",
    share=0,
)
def average_reliability(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        means = {x: np.mean([r for y, r in zip(row, reliability) if y == x]) for x in row if x is not None}
        winners = [x for x in means if max(means.values()) - means[x] <= 1e-9]
        result.append(winners[0] if len(winners) == 1 else None)
    return result


@exercise.wrong(
    "At a tie your code takes the label that came first, so the order of the annotators' columns decides. Nothing in the data speaks for "
    "either label: return None, and let an expert see the item.",
    share=3 / 5,
)
def first_of_a_tie(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        sums = {x: sum(r for y, r in zip(row, reliability) if y == x) for x in row if x is not None}
        result.append(next((x for x in sums if max(sums.values()) - sums[x] <= 1e-9), None))
    return result


@exercise.wrong(
    "At a tie your code takes the label that comes first in the alphabet. Over many ties that shifts the classes: \"bird\" grows at the "
    "expense of \"dog\". Return None, and let an expert see the item.",
    share=3 / 5,
)
def alphabet_breaks_ties(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        sums = {x: sum(r for y, r in zip(row, reliability) if y == x) for x in row if x is not None}
        result.append(min((x for x in sums if max(sums.values()) - sums[x] <= 1e-9), default=None))
    return result


@exercise.wrong(
    "You compared sums with `==`. In floating point 0.1 + 0.2 is not 0.3, so rounding decides where nobody's judgement does. Call sums equal "
    "that are at most 1e-9 apart.",
    share=4 / 5,
)
def exactly_equal(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        sums = defaultdict(float)
        for label, weight in zip(row, reliability):
            if label is not None:
                sums[label] += weight
        winners = [x for x in sums if sums[x] == max(sums.values())]
        result.append(winners[0] if len(winners) == 1 else None)
    return result


@exercise.wrong(
    "None takes part in your vote, as if \"not rated\" were a label. A careful annotator who was never shown the item then outvotes those who "
    "were. Leave None out before you add up.",
    share=4 / 5,
)
def none_is_a_label(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        sums = {x: sum(r for y, r in zip(row, reliability) if y == x) for x in row}
        winners = [x for x in sums if max(sums.values()) - sums[x] <= 1e-9]
        result.append(winners[0] if len(winners) == 1 else None)
    return result


@exercise.wrong(
    "An item that nobody has rated stops your code, and with it the whole batch. Such items are normal where each annotator sees a part of "
    "the data: answer None for them.",
    share=4 / 5,
)
def unrated_item_crashes(ratings, reliability):
    if len(ratings) == 0 or any(len(row) != len(reliability) for row in ratings) or not all(0 < r <= 1 for r in reliability):
        raise ValueError("ratings and reliabilities do not fit")
    result = []
    for row in ratings:
        sums = {x: sum(r for y, r in zip(row, reliability) if y == x) for x in row if x is not None}
        best = max(sums.values())
        winners = [x for x in sums if best - sums[x] <= 1e-9]
        result.append(winners[0] if len(winners) == 1 else None)
    return result


@exercise.wrong(
    "The labels are right, but unusable input passes. `zip` stops at the shorter list, so a vote vanishes without a word; a reliability that "
    "is NaN spoils every sum it enters. Check lengths and reliabilities first.",
    share=4 / 5,
)
def nothing_checked(ratings, reliability):
    result = []
    for row in ratings:
        sums = {x: sum(r for y, r in zip(row, reliability) if y == x) for x in row if x is not None}
        winners = [x for x in sums if max(sums.values()) - sums[x] <= 1e-9]
        result.append(winners[0] if len(winners) == 1 else None)
    return result
