"""Cohen's kappa of two annotators, plain and weighted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

KAPPA, WEIGHTED, ORDER = "kappa of two annotators", "weighted kappa", "`labels` sets the order of the labels"
UNDEFINED, REFUSED = "one single label gives nan", "unusable input is refused"

# Cohen 1960: two clinicians, three diagnoses, proportions of 0.44, 0.05, ... as 100 patients; kappa = 0.492.
COHEN_1960 = (("P", "P", 44), ("P", "N", 7), ("P", "S", 9), ("N", "P", 5), ("N", "N", 20), ("N", "S", 5),
              ("S", "P", 1), ("S", "N", 3), ("S", "S", 6))  # fmt: skip
CLINICIANS = tuple([pair[side] for pair in COHEN_1960 for _ in range(pair[2])] for side in (0, 1))

# 38 of 40 items get the same label: 95 % agreement, and kappa is below zero.
FREQUENT = (["bug", "ok"] + ["ok"] * 38, ["ok", "bug"] + ["ok"] * 38)
# The same 95 %, with both labels equally frequent: kappa = 0.90.
BALANCED = (["bug", "ok"] + ["bug", "ok"] * 19, ["ok", "bug"] + ["bug", "ok"] * 19)
GRADES = ["low", "medium", "high"]


def reference(
    a: Sequence[Hashable], b: Sequence[Hashable], weights: str | None = None, labels: Sequence[Hashable] | None = None
) -> float:
    """Cohen's kappa (Cohen 1960; weighted: Cohen 1968) by scikit-learn; at most 1, 0 = as by chance, higher is better.

    ``a`` and ``b`` hold one label per item. Raises ValueError for different lengths, no items, None or NaN, unknown
    ``weights``, and labels that ``labels`` does not list; nan where both used one and the same label throughout.
    """
    pairs = pd.DataFrame({"a": a, "b": b})  # a ValueError where the lengths differ
    if pairs.empty or pairs.isna().any(axis=None):
        raise ValueError("there are no items, or a label is missing")
    if labels is not None and not {*a, *b} <= {*labels}:
        raise ValueError("labels must list every label in use")
    if len({*a, *b}) == 1:
        return math.nan
    return float(cohen_kappa_score(a, b, labels=labels, weights=weights))  # a ValueError for unknown weights


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random annotators who agree about half of the time."""
    yield Case(KAPPA, (["cat", "dog"], ["cat", "dog"]))
    yield Case(KAPPA, (["cat", "dog"], ["dog", "cat"]))
    yield Case(KAPPA, (["cat", "cat", "cat"], ["dog", "dog", "dog"]))
    for n_items in (9, 40):
        yield Case(KAPPA, _pair(rng, ["bird", "cat", "dog"], n_items))
    for weights in ("linear", "quadratic"):
        for n_items in (8, 30):
            yield Case(WEIGHTED, (*_pair(rng, [1, 2, 3, 4], n_items), weights))
        yield Case(ORDER, (*_pair(rng, GRADES, 15), weights, GRADES))
        yield Case(ORDER, ([1, 2, 5, 5, 1, 2], [1, 5, 5, 2, 2, 1], weights, [1, 2, 3, 4, 5]))
    yield Case(ORDER, (*_pair(rng, GRADES, 12), None, GRADES))
    yield Case(UNDEFINED, ([3], [3], "linear"))
    yield Case(UNDEFINED, (["high"] * 5, ["high"] * 5, "quadratic", GRADES))
    yield Case(REFUSED, (["cat", "dog", "cat", "dog", "cat"], ["cat"] * 3), raises="ValueError")
    yield Case(REFUSED, (["low", "top"], ["low", "low"], None, GRADES), raises="ValueError")
    yield Case(REFUSED, (["low", "low"], ["low", "top"], "quadratic", GRADES), raises="ValueError")
    yield Case(REFUSED, (["cat", "dog"], ["cat", None]), raises="ValueError")
    yield Case(REFUSED, ([1.0, 2.0], [1.0, math.nan]), raises="ValueError")


def _pair(rng: np.random.Generator, labels: Sequence[Hashable], n_items: int) -> tuple[list[Hashable], list[Hashable]]:
    """Two label lists with different habits; each label occurs, and the annotators neither always nor never agree."""
    n = len(labels)
    a = [*range(n), *rng.choice(n, n_items, p=np.arange(1, n + 1) / sum(range(n + 1)))]
    b = [x if rng.random() < 0.5 else int(rng.integers(n)) for x in a]
    b[:2] = [1, 1]  # a starts with 0, 1: one disagreement, one agreement
    return [labels[i] for i in a], [labels[i] for i in b]


exercise = Exercise(
    id="cohen_kappa",
    title="Cohen's kappa, plain and weighted",
    points=4,
    minutes=12,
    hints=(
        "Number the labels by their place in `labels`, and count into a k × k table: row = label of `a`, column = label of `b`.",
        "The expected table is the outer product of the two margins: its cell (i, j) says how often i meets j by chance.",
        "With disagreement weights there is one formula for all three: w = 1 off the diagonal, |i − j|, or (i − j)².",
    ),
    compare=close(),  # the same few sums in any order: right answers differ by rounding only
    reference=reference,
    public=(
        Case(KAPPA, (["cat", "cat", "dog", "dog", "dog", "cat"], ["cat", "dog", "dog", "dog", "dog", "dog"])),
        Case(KAPPA, CLINICIANS),
        Case(KAPPA, FREQUENT),
        Case(KAPPA, BALANCED),
        Case(WEIGHTED, ([1, 2, 3, 4, 4, 1], [1, 3, 3, 2, 4, 4], "linear")),
        Case(WEIGHTED, ([1, 2, 3, 4, 4, 1], [1, 3, 3, 2, 4, 4], "quadratic")),
        Case(ORDER, (["low", "high", "medium", "low", "high"], ["low", "medium", "medium", "medium", "high"], "linear", GRADES)),
        Case(UNDEFINED, (["ok", "ok", "ok"], ["ok", "ok", "ok"])),
        Case(REFUSED, (["cat", "dog"], ["cat"]), raises="ValueError"),
        Case(REFUSED, ([], []), raises="ValueError"),
        Case(REFUSED, (["cat", None], ["cat", "dog"]), raises="ValueError"),
        Case(REFUSED, (["cat", "dog"], ["cat", "dog"], "cubic"), raises="ValueError"),
        Case(REFUSED, (["low", "low", "high"], ["low", "top", "high"], "linear", GRADES), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_crosstab(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    if weights not in (None, "linear", "quadratic"):
        raise ValueError(f"weights must be None, 'linear' or 'quadratic', got {weights!r}")
    order = sorted(set(a) | set(b)) if labels is None else list(labels)
    if not set(a) | set(b) <= set(order):
        raise ValueError("labels must list every label in use")
    table = pd.crosstab(pd.Series(a), pd.Series(b)).reindex(index=order, columns=order, fill_value=0).to_numpy()
    place = np.arange(len(order))
    distance = np.abs(place[:, None] - place[None, :])
    weight = {None: (distance > 0) * 1, "linear": distance, "quadratic": distance**2}[weights]
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(a)
    if not (weight * by_chance).any():
        return np.nan
    return 1 - (weight * table).sum() / (weight * by_chance).sum()


@exercise.right
def with_loops(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists or unknown weights")
    if any(x is None or x != x for x in [*a, *b]):
        raise ValueError("a label is missing")
    places = {label: i for i, label in enumerate(sorted({*a, *b}) if labels is None else labels)}
    if not {*a, *b} <= places.keys():
        raise ValueError("labels must list every label in use")
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]

    def cost(x, y):
        return 0 if x == y else abs(places[x] - places[y]) ** power

    observed = sum(cost(x, y) for x, y in zip(a, b)) / len(a)
    expected = sum(cost(x, y) for x in a for y in b) / len(a) ** 2
    return 1 - observed / expected if expected else math.nan


@exercise.right
def with_a_warning(a, b, weights=None, labels=None):
    import warnings

    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    labels = sorted({*a, *b}) if labels is None else list(labels)
    if not {*a, *b} <= set(labels):
        raise ValueError("labels must list every label in use")
    x, y = (np.array([labels.index(label) for label in side]) for side in (a, b))
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    every_x, every_y = np.repeat(x, len(y)), np.tile(y, len(x))
    expected = (np.abs(every_x - every_y) ** power * (every_x != every_y)).mean()
    if expected == 0:
        warnings.warn("both annotators used one single label: kappa is undefined", stacklevel=2)
        return math.nan
    warnings.warn("kappa depends on how frequent the labels are", stacklevel=2)
    return 1 - (np.abs(x - y) ** power * (x != y)).mean() / expected


@exercise.wrong(
    "This is the observed agreement alone. Kappa asks how much better that is than what two annotators with these habits "
    "would reach by guessing: the chance agreement has to come off.",
    share=2 / 5,
)
def no_chance(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    labels = sorted({*a, *b}) if labels is None else labels
    if not {*a, *b} <= set(labels):
        raise ValueError("labels must list every label in use")
    if len({*a, *b}) == 1:
        return math.nan
    return sum(x == y for x, y in zip(a, b)) / len(a)


@exercise.wrong(
    "You subtracted the chance agreement but did not divide by what was left to gain, 1 − expected. "
    "Without it even perfect annotators cannot reach 1.",
    share=2 / 5,
)
def not_divided(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    labels = sorted({*a, *b}) if labels is None else labels
    if not {*a, *b} <= set(labels):
        raise ValueError("labels must list every label in use")
    if len({*a, *b}) == 1:
        return math.nan
    places = {label: i for i, label in enumerate(labels)}
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    observed = np.mean([x != y and abs(places[x] - places[y]) ** power for x, y in zip(a, b)])
    return np.mean([x != y and abs(places[x] - places[y]) ** power for x in a for y in b]) - observed


@exercise.wrong(
    "Your chance agreement comes from the pooled labels of both annotators: that is Scott's pi. Cohen lets each annotator "
    "keep their own habits and multiplies the two margins.",
    share=2 / 5,
)
def pooled_margins(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    places = {label: i for i, label in enumerate(sorted({*a, *b}) if labels is None else labels)}
    if not {*a, *b} <= places.keys():
        raise ValueError("labels must list every label in use")
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    both = [*a, *b]
    observed = np.mean([x != y and abs(places[x] - places[y]) ** power for x, y in zip(a, b)])
    expected = np.mean([x != y and abs(places[x] - places[y]) ** power for x in both for y in both])
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "You let chance pick every label equally often (1/k). Annotators do not guess like dice: "
    "take how often each of them really used each label.",
    share=2 / 5,
)
def uniform_chance(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    labels = sorted({*a, *b}) if labels is None else list(labels)
    if not {*a, *b} <= set(labels):
        raise ValueError("labels must list every label in use")
    if len({*a, *b}) == 1:
        return math.nan
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    observed = np.mean([x != y and abs(labels.index(x) - labels.index(y)) ** power for x, y in zip(a, b)])
    expected = np.mean([i != j and abs(i - j) ** power for i in range(len(labels)) for j in range(len(labels))])
    return 1 - observed / expected


@exercise.wrong(
    "You sorted the labels yourself and left `labels` aside, so \"high\" comes before \"low\" and unused grades vanish. "
    "Weights need the order, and every step, that `labels` gives.",
    share=4 / 5,
)
def own_order(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    if labels is not None and not {*a, *b} <= set(labels):
        raise ValueError("labels must list every label in use")
    places = {label: i for i, label in enumerate(sorted({*a, *b}))}
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    observed = np.mean([x != y and abs(places[x] - places[y]) ** power for x, y in zip(a, b)])
    expected = np.mean([x != y and abs(places[x] - places[y]) ** power for x in a for y in b])
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "Your quadratic weights are not squared: they give the same as the linear ones. "
    "Quadratic means (i − j)², so a slip by three steps costs nine times a slip by one.",
    share=3 / 5,
)
def not_squared(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    places = {label: i for i, label in enumerate(sorted({*a, *b}) if labels is None else labels)}
    if not {*a, *b} <= places.keys():
        raise ValueError("labels must list every label in use")
    power = 1 if weights else 0
    observed = np.mean([x != y and abs(places[x] - places[y]) ** power for x, y in zip(a, b)])
    expected = np.mean([x != y and abs(places[x] - places[y]) ** power for x in a for y in b])
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "Weights are ignored: every disagreement costs the same in your code. "
    "On an ordered scale, neighbours confused should cost less than opposite ends.",
    share=3 / 5,
)
def weights_ignored(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    if labels is not None and not {*a, *b} <= set(labels):
        raise ValueError("labels must list every label in use")
    used_a, used_b = Counter(a), Counter(b)
    observed = sum(x == y for x, y in zip(a, b)) / len(a)
    expected = sum(used_a[label] * used_b[label] for label in used_a) / len(a) ** 2
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan


@exercise.wrong(
    "Where both annotators always use the same single label you answer 1. Observed and chance agreement are then both 1, and "
    "kappa is 0/0: the data cannot tell skill from habit. Return nan.",
    share=4 / 5,
)
def single_label_is_perfect(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    places = {label: i for i, label in enumerate(sorted({*a, *b}) if labels is None else labels)}
    if not {*a, *b} <= places.keys():
        raise ValueError("labels must list every label in use")
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    observed = np.mean([x != y and abs(places[x] - places[y]) ** power for x, y in zip(a, b)])
    expected = np.mean([x != y and abs(places[x] - places[y]) ** power for x in a for y in b])
    return 1 - observed / expected if expected else 1.0


@exercise.wrong(
    "Items whose label is not in `labels` are dropped without a word, so a typing error in a label raises your kappa. "
    "A label that is not listed is an error.",
    share=4 / 5,
)
def unlisted_dropped(a, b, weights=None, labels=None):
    if len(a) != len(b) or len(a) == 0 or pd.isna([*a, *b]).any() or weights not in (None, "linear", "quadratic"):
        raise ValueError("unequal lists, empty lists, missing labels or unknown weights")
    places = {label: i for i, label in enumerate(sorted({*a, *b}) if labels is None else labels)}
    pairs = [(places[x], places[y]) for x, y in zip(a, b) if x in places and y in places]
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    observed = np.mean([x != y and abs(x - y) ** power for x, y in pairs])
    expected = np.mean([x != y and abs(x - y) ** power for x, _ in pairs for _, y in pairs])
    return 1 - observed / expected if expected else math.nan
