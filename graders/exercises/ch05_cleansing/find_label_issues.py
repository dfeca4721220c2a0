"""Which items carry a label that is probably wrong: the off-diagonal of the confident joint, worst first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.rank import get_label_quality_scores

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

WHICH = "the off-diagonal items of the confident joint, no others"
WORST_FIRST = "the most suspicious item comes first"
TIES = "equally suspicious items keep their order in the data"
REFUSED = "impossible input is refused"


def reference(labels: Array, probs: Array) -> list[int]:
    """cleanlab's off-diagonal items (Northcutt et al. 2021), sorted by its self-confidence score.

    Probabilities below their class's threshold are set to 0 first. That takes away two differences of cleanlab from the paper: it
    prefers a row's largest probability even where it misses its own threshold, and it lowers thresholds by 1e-6.
    """
    n_items, n_classes = probs.shape
    if len(labels) != n_items or not set(labels.tolist()) <= set(range(n_classes)):
        raise ValueError("one label per row, each a column number")
    if not np.allclose(probs.sum(axis=1), 1, rtol=0, atol=1e-6):
        raise ValueError("every row sums to one")
    thresholds = get_confident_thresholds(labels, probs)  # 2, which nothing reaches, for a class without items
    confident = np.where(probs >= thresholds, probs, 0)
    off_diagonal = compute_confident_joint(labels, confident, thresholds=thresholds, calibrate=False, return_indices_of_off_diagonals=True)[
        1
    ]
    scores = get_label_quality_scores(labels, probs, method="self_confidence")
    return sorted((int(i) for i in off_diagonal), key=lambda i: (float(scores[i]), i))


# the last item is most probably 0, but that class's threshold is out of its reach; 1 is not
SURE_OF_ZERO = np.array([[0.9, 0.05, 0.05], [0.31, 0.1, 0.59], [0.08, 0.48, 0.44], [0.15, 0.3, 0.55], [0.1, 0.2, 0.7], [0.55, 0.41, 0.04]])


# the first and the third item are as probably 0 as 1, and confident of both
TIED = np.array(
    [
        [0.5, 0.5, 0.0],
        [0.25, 0.5, 0.25],
        [0.5, 0.5, 0.0],
        [0.25, 0.25, 0.5],
        [0.125, 0.125, 0.75],
        [0.25, 0.125, 0.625],
    ]
)


def noisy(rng: np.random.Generator, n_items: int, n_classes: int) -> tuple[Array, Array]:
    """Given labels, about a third of them wrong, and probabilities of a model that is surer of some classes than of others."""
    true = np.concatenate([np.repeat(np.arange(n_classes), 2), rng.integers(n_classes, size=n_items - 2 * n_classes)])
    wrong = (rng.random(n_items) < 0.35) & (np.arange(n_items) >= 2 * n_classes)  # every class keeps two right labels
    given = np.where(wrong, rng.integers(n_classes, size=n_items), true)
    scores = rng.normal(size=(n_items, n_classes)) + np.linspace(1, 3, n_classes) * np.eye(n_classes)[true]
    return given, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No issue, an unused class, equal probabilities, ties, noisy data sets, then what must be refused."""
    yield Case(WHICH, (np.array([0, 1]), np.array([[0.75, 0.25], [0.25, 0.75]])))
    yield Case(WHICH, (np.array([1, 1, 1]), np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]])))
    yield Case(WHICH, (np.array([0, 0, 1]), np.array([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]])))
    yield Case(WORST_FIRST, (np.array([0, 0, 1, 1, 2, 2]), TIED))
    yield Case(WORST_FIRST, (np.array([0, 0, 1, 1, 2, 2]), SURE_OF_ZERO))
    for n_items, n_classes in ((20, 2), (40, 3), (80, 4)):
        yield Case(WORST_FIRST, noisy(rng, n_items, n_classes))
    order = rng.permutation(16)
    labels = np.repeat([0, 0, 1], [10, 3, 3])[order]
    yield Case(TIES, (labels, np.repeat([[0.875, 0.125], [0.25, 0.75], [0.25, 0.75]], [10, 3, 3], axis=0)[order]))
    labels, probs = noisy(rng, 8, 3)
    yield Case(REFUSED, (labels[:-1], probs), raises="ValueError")
    yield Case(REFUSED, (labels, probs[:-1]), raises="ValueError")
    yield Case(REFUSED, (np.where(labels == labels[0], 3, labels), probs), raises="ValueError")
    for broken in (np.nan, probs[1, 0] + 0.01, probs[1, 0] - 0.01):
        bad = probs.copy()
        bad[1, 0] = broken
        yield Case(REFUSED, (labels, bad), raises="ValueError")


exercise = Exercise(
    id="find_label_issues",
    title="Finding label issues",
    points=4,
    minutes=12,
    hints=(
        "Start as in `confident_joint`, but keep for each item the confident class that it goes to instead of only counting.",
        "An issue is an item that has a confident class and whose confident class is not its label.",
        "The sort key is the probability that the model gives to the item's own label. `sorted(issues, key=...)` keeps ties in order.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(
            WHICH,
            (
                np.array([0, 0, 0, 1, 1]),
                np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.55, 0.45]]),
            ),
        ),
        Case(
            WHICH,
            (
                np.array([0, 0, 1, 2, 2]),
                np.array([[0.9, 0.05, 0.05], [0.88, 0.06, 0.06], [0.3, 0.4, 0.3], [0.5, 0.46, 0.04], [0.15, 0.15, 0.7]]),
            ),
        ),
        Case(
            WORST_FIRST,
            (
                np.array([0, 0, 0, 0, 1, 1, 1]),
                np.array([[0.9, 0.1], [0.95, 0.05], [0.15, 0.85], [0.2, 0.8], [0.3, 0.7], [0.35, 0.65], [0.9, 0.1]]),
            ),
        ),
        Case(
            TIES,
            (np.array([0, 0, 0, 0, 1, 1]), np.array([[0.75, 0.25], [0.25, 0.75], [0.875, 0.125], [0.25, 0.75], [0.25, 0.75], [0.5, 0.5]])),
        ),
        Case(REFUSED, (np.array([0, -1]), np.array([[0.9, 0.1], [0.2, 0.8]])), raises="ValueError"),
        Case(REFUSED, (np.array([0, 1]), np.array([[0.9, 0.1], [2.0, 8.0]])), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_masks(labels, probs):
    labels, probs = np.asarray(labels), np.asarray(probs, dtype=float)
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, np.arange(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    confident = probs >= thresholds
    guess = np.where(confident, probs, -1).argmax(axis=1)
    issues = np.flatnonzero(confident.any(axis=1) & (guess != labels))
    return issues[np.argsort(probs[issues, labels[issues]], kind="stable")]


@exercise.right
def one_item_at_a_time(labels, probs):
    n, k = probs.shape
    if len(labels) != n or any(j not in range(k) for j in labels) or not all(abs(sum(row) - 1) < 1e-6 for row in probs):
        raise ValueError("labels and probabilities do not fit")
    own = defaultdict(list)
    for j, row in zip(labels, probs):
        own[j].append(row[j])
    limit = {j: sum(values) / len(values) for j, values in own.items()}
    found = []
    for i, (given, row) in enumerate(zip(labels, probs)):
        reached = [j for j in limit if row[j] >= limit[j]]
        if reached and max(reached, key=lambda j: row[j]) != given:
            found.append((row[given], i))
    return [i for _, i in sorted(found)]


@exercise.right
def with_a_warning(labels, probs):
    import warnings

    n, k = probs.shape
    if len(labels) != n or labels.min() < 0 or labels.max() >= k or not np.all(np.abs(probs.sum(axis=1) - 1) <= 1e-6):
        raise ValueError("labels and probabilities do not fit")
    warnings.warn("these are suspicions, not proofs: a person should look at them")
    thresholds = [np.mean(probs[labels == j, j]) if j in labels else math.inf for j in range(k)]
    issues = []
    for i in range(n):
        kept = [p if p >= t else -1 for p, t in zip(probs[i], thresholds)]
        if max(kept) >= 0 and int(np.argmax(kept)) != labels[i]:
            issues.append(i)
    issues.sort(key=lambda i: probs[i, labels[i]])
    return issues


@exercise.wrong(
    "You returned every item whose most probable class is not its label. Many of these are only hard: no class reaches its threshold. "
    "Keep the items that are confident of another class.",
    share=0,
)
def every_disagreement(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    return sorted((i for i in range(n) if probs[i].argmax() != labels[i]), key=lambda i: probs[i, labels[i]])


@exercise.wrong(
    "You returned the items whose own label misses its threshold. That is about half of every clean class, because a threshold is a mean. An "
    "issue needs more: another class that reaches its threshold.",
    share=0,
)
def below_own_threshold(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    own = probs[np.arange(n), labels]
    limits = np.array([own[labels == j].mean() for j in labels])
    return sorted(np.flatnonzero(own < limits).tolist(), key=lambda i: own[i])


@exercise.wrong(
    "You compared only the most probable class with its threshold. Where it misses, another class may reach its own lower "
    "one: select by threshold first, then take the maximum of what is left.",
    share=1 / 2,
)
def argmax_before_threshold(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    best = probs.argmax(axis=1)
    issues = [i for i in range(n) if best[i] != labels[i] and probs[i, best[i]] >= thresholds[best[i]]]
    return sorted(issues, key=lambda i: probs[i, labels[i]])


@exercise.wrong(
    "The right items, in the order of the data. A reviewer with time for fifty items starts at the top of your list: sort "
    "by the probability of the item's own label, lowest first.",
    share=3 / 4,
)
def in_data_order(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    confident = probs >= thresholds
    guess = np.where(confident, probs, -1).argmax(axis=1)
    return np.flatnonzero(confident.any(axis=1) & (guess != labels))


@exercise.wrong(
    "The right items, the least suspicious first. Self-confidence is trust in the given label: the lower it is, the more "
    "suspicious the item, so the lowest comes first.",
    share=3 / 4,
)
def highest_first(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    confident = probs >= thresholds
    guess = np.where(confident, probs, -1).argmax(axis=1)
    issues = np.flatnonzero(confident.any(axis=1) & (guess != labels))
    return sorted(issues.tolist(), key=lambda i: -probs[i, labels[i]])


@exercise.wrong(
    "Items with the same self-confidence come out backwards: sorting downwards and turning the list round turns the ties "
    "round as well. Sort upwards with a stable sort.",
    share=3 / 4,
)
def ties_backwards(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    confident = probs >= thresholds
    guess = np.where(confident, probs, -1).argmax(axis=1)
    issues = np.flatnonzero(confident.any(axis=1) & (guess != labels))
    return sorted(issues.tolist(), key=lambda i: -probs[i, labels[i]])[::-1]


@exercise.wrong(
    "You returned True or False for every item. A mask says which items, but not in which order to look at them: return the item "
    "numbers, most suspicious first.",
    share=0,
)
def a_mask(labels, probs):
    n, k = probs.shape
    if len(labels) != n or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    confident = probs >= thresholds
    guess = np.where(confident, probs, -1).argmax(axis=1)
    return confident.any(axis=1) & (guess != labels)


@exercise.wrong(
    "The list is right, but impossible input passes: NumPy takes a label of -1 for the last class without a word. Check "
    "lengths, labels and row sums first, and raise a ValueError.",
    share=3 / 4,
)
def nothing_checked(labels, probs):
    k = probs.shape[1]
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    issues = []
    for i, (given, row) in enumerate(zip(labels, probs)):
        if (row >= thresholds).any() and np.where(row >= thresholds, row, -1).argmax() != given:
            issues.append(i)
    return sorted(issues, key=lambda i: probs[i, labels[i]])
