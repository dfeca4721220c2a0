"""Observed agreement of two annotators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise


def reference(a: Sequence[str], b: Sequence[str]) -> float:
    """The share of items that got the same label; nltk-free, by counting one by one."""
    if len(a) != len(b) or not len(a):
        raise ValueError
    return sum(1 for x, y in zip(a, b, strict=True) if x == y) / len(a)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random pairs of annotators."""
    yield Case("all labels equal", (["cat"], ["cat"]))
    for n_items in (7, 30):
        a, b = (rng.choice(["cat", "dog", "bird"], n_items).tolist() for _ in range(2))
        yield Case("share of equal labels", (a, b))
    yield Case("different lengths are refused", (["cat"] * 5, ["cat"] * 4), raises="ValueError")


exercise = Exercise(
    id="percent_agreement",
    title="Percent agreement",
    points=2,
    minutes=5,
    hints=(
        "Go through the two label lists side by side: `zip` pairs the labels of one item.",
        "Count the pairs whose labels are equal, then divide by the number of items.",
    ),
    compare=close(),
    reference=reference,
    public=(
        Case("share of equal labels", (["cat", "dog", "dog", "cat"], ["cat", "dog", "cat", "cat"])),
        Case("all labels equal", (["cat", "dog"], ["cat", "dog"])),
        Case("different lengths are refused", (["cat", "dog"], ["cat"]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_numpy(a, b):
    if len(a) != len(b):
        raise ValueError("the annotators must label the same items")
    return float(np.mean(np.asarray(a) == np.asarray(b)))


@exercise.wrong("Your result is in percent. Here, and in every formula built on it, agreement is a share between 0 and 1.", share=0)
def in_percent(a, b):
    if len(a) != len(b):
        raise ValueError("the annotators must label the same items")
    return 100 * sum(x == y for x, y in zip(a, b)) / len(a)


@exercise.wrong("`zip` stops at the shorter list without a word. Compare the lengths first: lists that do not match are an error.", share=2 / 3)
def lengths_not_compared(a, b):
    return sum(x == y for x, y in zip(a, b)) / len(a)


@exercise.wrong("You counted the labels that both annotators used somewhere. Agreement is counted item by item.", share=2 / 3)
def as_sets(a, b):
    if len(a) != len(b):
        raise ValueError("the annotators must label the same items")
    return len(set(a) & set(b)) / len(set(a) | set(b))
