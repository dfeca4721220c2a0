"""Observed agreement of two annotators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

SHARE, ITEMWISE = "share of equal labels", "labels are compared item by item"
LENGTHS, EMPTY, MISSING = "different lengths are refused", "empty lists are refused", "missing labels are refused"

# 38 of 40 items get the same label, and hardly any label but one is ever used: the data of the prevalence paradox.
FREQUENT = (["bug", "ok"] + ["ok"] * 38, ["ok", "bug"] + ["ok"] * 38)


def reference(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """The share of items with equal labels (0 to 1); scikit-learn's accuracy is the same sum under another name.

    ``a`` and ``b`` hold one label per item. Raises ValueError for lists of different lengths, empty ones, None or NaN.
    """
    pairs = pd.DataFrame({"a": a, "b": b})  # a ValueError where the lengths differ
    if pairs.empty or pairs.isna().any(axis=None):
        raise ValueError("there are no items, or a label is missing")
    return float(accuracy_score(a, b))


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random pairs of annotators."""
    yield Case(SHARE, (["cat"], ["cat"]))
    yield Case(SHARE, (["cat"], ["dog"]))
    yield Case(SHARE, ([0, 1, 2, 2], [0, 1, 1, 2]))
    for n_items in (7, 30):
        a, b = (rng.choice(["cat", "dog", "bird"], n_items).tolist() for _ in range(2))
        yield Case(SHARE, (a, b))
    for n_items in (8, 25):
        a = ["cat", "dog", "bird", *rng.choice(["cat", "dog", "bird"], n_items).tolist()]
        yield Case(ITEMWISE, (a, [*a[1:3], a[0], *a[3:]]))
    yield Case(LENGTHS, (["cat"] * 5, ["cat"] * 4), raises="ValueError")
    yield Case(LENGTHS, ([], ["cat"]), raises="ValueError")
    yield Case(MISSING, (["cat", None], ["cat", "dog"]), raises="ValueError")
    yield Case(MISSING, ([1.0, 2.0], [1.0, float("nan")]), raises="ValueError")


exercise = Exercise(
    id="percent_agreement",
    title="Percent agreement",
    points=2,
    minutes=5,
    hints=(
        "Go through the two label lists side by side: `zip` pairs the labels of one item.",
        "Count the pairs whose labels are equal, then divide by the number of items.",
        "Look at the input before you count: `len` for the lengths, `pd.isna` for None and NaN.",
    ),
    compare=close(),  # a quotient of two whole numbers: any two right ways differ by rounding only
    reference=reference,
    public=(
        Case(SHARE, (["cat", "dog", "dog", "cat"], ["cat", "dog", "dog", "dog"])),
        Case(SHARE, FREQUENT),
        Case(ITEMWISE, (["cat", "dog", "bird"], ["cat", "bird", "dog"])),
        Case(LENGTHS, (["cat", "dog"], ["cat"]), raises="ValueError"),
        Case(EMPTY, ([], []), raises="ValueError"),
        Case(MISSING, (["cat", None], ["cat", None]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_loop(a, b):
    if len(a) != len(b):
        raise ValueError("the annotators must label the same items")
    if len(a) == 0:
        raise ValueError("no items")
    equal = 0
    for i in range(len(a)):
        if a[i] is None or b[i] is None or a[i] != a[i] or b[i] != b[i]:
            raise ValueError(f"item {i} has no label")
        if a[i] == b[i]:
            equal += 1
    return equal / len(a)


@exercise.right
def with_pandas(a, b):
    if len(a) != len(b) or len(a) == 0:
        raise ValueError("the annotators must label the same items, at least one")
    table = pd.DataFrame({"a": a, "b": b})
    if table.isna().any(axis=None):
        raise ValueError("a label is missing")
    return (table["a"] == table["b"]).mean()


@exercise.right
def with_a_warning(a, b):
    import warnings

    if len(a) != len(b) or len(a) == 0:
        raise ValueError("the annotators must label the same items, at least one")
    if pd.isna([*a, *b]).any():
        raise ValueError("a label is missing")
    if len(a) < 100:
        warnings.warn("fewer than 100 items: the estimate is rough", stacklevel=2)
    return 1 - sum(x != y for x, y in zip(a, b)) / len(a)


@exercise.wrong(
    "Your result is in percent. Here, and in every formula built on it, agreement is a share between 0 and 1.",
    share=0,
)
def in_percent(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("the annotators must label the same items")
    return 100 * sum(x == y for x, y in zip(a, b)) / len(a)


@exercise.wrong(
    "You compared which labels the annotators ever used. Agreement is counted item by item: "
    "two people can use the same labels and agree on no item.",
    share=0,
)
def as_sets(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("the annotators must label the same items")
    return len(set(a) & set(b)) / len(set(a) | set(b))


@exercise.wrong(
    "You compared how often each label was used. Equal totals can hide that every single item was labelled differently: "
    "keep the pairs together.",
    share=0,
)
def as_counts(a, b):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("the annotators must label the same items")
    return (Counter(a) & Counter(b)).total() / len(a)


@exercise.wrong(
    "`zip` stops at the shorter list without a word, so items that only one annotator labelled vanish. "
    "Compare the lengths first: lists that do not match are an error.",
    share=4 / 5,
)
def lengths_not_compared(a, b):
    if len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("no items or no label")
    return sum(x == y for x, y in zip(a, b)) / len(a)


@exercise.wrong(
    "With no items your code divides by zero. That error would surface far from its cause: "
    "say with a ValueError that there is nothing to compare.",
    share=4 / 5,
)
def divides_by_zero(a, b):
    if len(a) != len(b) or pd.isna([*a, *b]).any():
        raise ValueError("the annotators must label the same items")
    return sum(x == y for x, y in zip(a, b)) / len(a)


@exercise.wrong(
    "You counted missing labels as labels: None equals None, so two people who skipped an item \"agree\", while NaN never "
    "equals NaN. A missing label is no judgement; refuse it.",
    share=4 / 5,
)
def missing_counts(a, b):
    if len(a) != len(b) or len(a) == 0:
        raise ValueError("the annotators must label the same items")
    return sum(x == y for x, y in zip(a, b)) / len(a)
