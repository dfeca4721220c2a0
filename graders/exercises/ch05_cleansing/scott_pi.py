"""Scott's pi: chance agreement from the pooled labels of two annotators."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

SAME, OTHER = "pi of two annotators with the same habits", "pi of two annotators with different habits"
UNDEFINED, REFUSED = "one single label gives nan", "unusable input is refused"

# 38 of 40 items get the same label: 95 % agreement, and pi is below zero.
FREQUENT = (["bug", "ok"] + ["ok"] * 38, ["ok", "bug"] + ["ok"] * 38)


def reference(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Scott's pi (Scott 1955), which is Fleiss' kappa (Fleiss 1971) of two raters; at most 1, 0 = as by chance.

    ``a`` and ``b`` hold one label per item. Raises ValueError for different lengths, no items, None or NaN; nan where
    both used one and the same label throughout.
    """
    pairs = pd.DataFrame({"a": a, "b": b})  # a ValueError where the lengths differ
    if pairs.empty or pairs.isna().any(axis=None):
        raise ValueError("there are no items, or a label is missing")
    counts, _ = aggregate_raters(pairs)  # (n_items, n_labels)
    with np.errstate(invalid="ignore"):  # 0/0 where only one label is in use
        return float(fleiss_kappa(counts))


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random annotators: with the same margins, and with different ones."""
    yield Case(SAME, (["cat", "dog"], ["cat", "dog"]))
    yield Case(SAME, (["cat", "dog"], ["dog", "cat"]))
    yield Case(OTHER, (["cat", "cat", "cat"], ["dog", "dog", "dog"]))
    yield Case(OTHER, ([0, 0, 1, 2], [0, 0, 0, 0]))
    for n_items in (8, 30):
        a = ["cat", "dog", "dog", *rng.choice(["bird", "cat", "dog"], n_items, p=[0.1, 0.2, 0.7]).tolist()]
        yield Case(SAME, (a, [a[1], a[0], *a[2:5], *rng.permutation(a[5:]).tolist()]))
        yield Case(OTHER, (a, ["cat", "cat", "bird", *rng.choice(["bird", "cat"], n_items).tolist()]))
    yield Case(UNDEFINED, ([3], [3]))
    yield Case(REFUSED, (["cat", "dog", "cat", "dog", "cat"], ["cat"] * 3), raises="ValueError")
    yield Case(REFUSED, (["cat", "dog"], ["cat", None]), raises="ValueError")
    yield Case(REFUSED, ([1.0, 2.0], [1.0, math.nan]), raises="ValueError")


exercise = Exercise(
    id="scott_pi",
    title="Scott's pi",
    points=3,
    minutes=8,
    hints=(
        "The observed agreement is that of `percent_agreement`; only the chance agreement is new.",
        "Put both lists together, 2n labels, and count how often each label occurs: `Counter([*a, *b])`.",
        "Two labels drawn from that one pot are both c with probability (count of c / 2n)². Add these up over the labels.",
    ),
    compare=close(),  # quotients of whole numbers: right answers differ by rounding only
    reference=reference,
    public=(
        Case(SAME, (["cat", "dog", "dog", "dog", "cat", "bird"], ["dog", "cat", "dog", "dog", "cat", "bird"])),
        Case(SAME, FREQUENT),
        Case(OTHER, (["cat", "cat", "cat", "cat", "dog", "dog"], ["cat", "cat", "dog", "dog", "dog", "dog"])),
        Case(UNDEFINED, (["ok", "ok", "ok"], ["ok", "ok", "ok"])),
        Case(REFUSED, (["cat", "dog"], ["cat"]), raises="ValueError"),
        Case(REFUSED, ([], []), raises="ValueError"),
        Case(REFUSED, (["cat", None], ["cat", "dog"]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_value_counts(a, b):
    if len(a) != len(b) or len(a) == 0:
        raise ValueError("the annotators must label the same items, at least one")
    if pd.isna([*a, *b]).any():
        raise ValueError("a label is missing")
    shares = pd.Series([*a, *b]).value_counts(normalize=True)
    expected = (shares**2).sum()
    if len(shares) == 1:
        return np.nan
    return ((pd.Series(a) == pd.Series(b)).mean() - expected) / (1 - expected)


@exercise.right
def by_drawing_pairs(a, b):
    if len(a) != len(b) or len(a) == 0 or any(x is None or x != x for x in [*a, *b]):
        raise ValueError("two lists of the same length, without missing labels, are due")
    pot = [*a, *b]
    disagreement = sum(x != y for x in pot for y in pot) / len(pot) ** 2
    if not disagreement:
        return math.nan
    return 1 - sum(x != y for x, y in zip(a, b)) / len(a) / disagreement


@exercise.right
def with_a_warning(a, b):
    import warnings

    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    if Counter(a) != Counter(b):
        warnings.warn("the annotators have different habits: pi counts that as disagreement", stacklevel=2)
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum((count / len(a) / 2) ** 2 for count in Counter([*a, *b]).values())
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan


@exercise.wrong(
    "You multiplied the two annotators' own shares: that is Cohen's kappa. Scott asks for one pot: both annotators' labels "
    "together, and the share of each label in it, squared.",
    share=3 / 4,
)
def cohens_chance(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum(a.count(label) * b.count(label) for label in {*a, *b}) / len(a) ** 2
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan


@exercise.wrong(
    "You squared each annotator's shares and averaged the squares. Average first, then square: "
    "chance draws from the pooled labels, not from one annotator's.",
    share=3 / 4,
)
def mean_of_squares(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    if len({*a, *b}) == 1:
        return math.nan
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum(a.count(label) ** 2 + b.count(label) ** 2 for label in {*a, *b}) / 2 / len(a) ** 2
    return (observed - expected) / (1 - expected) if expected < 1 else -1.0


@exercise.wrong(
    "You divided the pooled counts by n, the number of items. The pot holds two labels per item: "
    "shares are counts / 2n, or they add up to 2.",
    share=2 / 4,
)
def divided_by_items(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    if len({*a, *b}) == 1:
        return math.nan
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum((count / len(a)) ** 2 for count in Counter([*a, *b]).values())
    return (observed - expected) / (1 - expected) if expected != 1 else 1.0


@exercise.wrong(
    "You let chance pick every label equally often (1/k); that coefficient is known as S. "
    "Pi takes how often the labels were really used, so a frequent label makes agreement easy.",
    share=2 / 4,
)
def uniform_chance(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = 1 / len({*a, *b})
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan


@exercise.wrong(
    "Where both annotators always use the same single label you answer 1. Observed and chance agreement are then both 1, and "
    "pi is 0/0: with no second label in use, nothing was put to the test. Return nan.",
    share=3 / 4,
)
def single_label_is_perfect(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum((count / len(a) / 2) ** 2 for count in Counter([*a, *b]).values())
    return (observed - expected) / (1 - expected) if expected < 1 else 1.0


@exercise.wrong(
    "Missing labels went into your counts as if None were one more label. Pi knows no missing data: refuse it here; "
    "Krippendorff's alpha is the coefficient that can do without a label.",
    share=3 / 4,
)
def missing_counts(a, b):
    if len(a) != len(b) or len(a) == 0:
        raise ValueError("two lists of the same length are due")
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum((count / len(a) / 2) ** 2 for count in Counter([*a, *b]).values())
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan
