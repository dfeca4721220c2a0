"""The confident joint: how many items of each given label are confidently something else (Northcutt et al., 2021)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

THRESHOLDS = "reaching the class's own threshold is enough"
SEVERAL = "the most probable of the confident classes counts"
NEITHER = "nothing is counted without confidence"
WHOLE = "a noisy data set as a whole"
REFUSED = "impossible input is refused"


def reference(labels: Array, probs: Array) -> Array:
    """Northcutt, Jiang & Chuang 2021 (JAIR 70), equations 1 and 2, cell by cell: int (k, k), row = given, column = true.

    cleanlab's ``compute_confident_joint(calibrate=False)`` is meant to be the same matrix, with three differences: an item with
    several confident classes goes to the row's largest probability even where that one misses its own threshold; thresholds are
    lowered by 1e-6; a diagonal entry is at least 1. So the paper's definition is written out here.
    """
    k = probs.shape[1]
    given, rows = [int(i) for i in labels], [[float(p) for p in row] for row in probs]
    if len(given) != len(rows):
        raise ValueError("one row of probabilities per label")
    if any(not math.isclose(math.fsum(row), 1, abs_tol=1e-6) for row in rows) or not set(given) <= set(range(k)):
        raise ValueError("rows sum to one, labels are column numbers")
    thresholds = []
    for j in range(k):
        own = [row[j] for row, label in zip(rows, given) if label == j]
        thresholds.append(math.fsum(own) / len(own) if own else math.inf)
    joint = np.zeros((k, k), dtype=int)
    for label, row in zip(given, rows):
        confident = [(p, -j) for j, p in enumerate(row) if p >= thresholds[j]]
        if confident:
            joint[label, -max(confident)[1]] += 1  # of two equal ones the first class
    return joint


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
    """Given labels, about a quarter of them wrong, and probabilities of a model that is surer of some classes than of others."""
    true = np.concatenate([np.repeat(np.arange(n_classes), 2), rng.integers(n_classes, size=n_items - 2 * n_classes)])
    wrong = (rng.random(n_items) < 0.25) & (np.arange(n_items) >= 2 * n_classes)  # every class keeps two right labels
    given = np.where(wrong, rng.integers(n_classes, size=n_items), true)
    scores = rng.normal(size=(n_items, n_classes)) + np.linspace(0.5, 2.5, n_classes) * np.eye(n_classes)[true]
    return given, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One item, one class, unused classes, equal probabilities, noisy data sets of several sizes, then what must be refused."""
    yield Case(THRESHOLDS, (np.array([0]), np.array([[0.75, 0.25]])))
    yield Case(THRESHOLDS, (np.array([0, 0]), np.array([[1.0], [1.0]])))
    yield Case(NEITHER, (np.array([2, 2, 2]), np.array([[0.5, 0.125, 0.375], [0.25, 0.5, 0.25], [0.125, 0.25, 0.625]])))
    yield Case(SEVERAL, (np.array([0, 0, 1, 1, 2, 2]), TIED))
    for n_items, n_classes in ((12, 2), (40, 3), (60, 4), (120, 5)):
        yield Case(WHOLE, noisy(rng, n_items, n_classes))
    labels, probs = noisy(rng, 8, 3)
    yield Case(REFUSED, (labels[:-1], probs), raises="ValueError")
    yield Case(REFUSED, (labels, probs[:-1]), raises="ValueError")
    yield Case(REFUSED, (np.where(labels == labels[0], 3, labels), probs), raises="ValueError")
    for broken in (np.nan, probs[1, 0] + 0.01, probs[1, 0] - 0.01):
        bad = probs.copy()
        bad[1, 0] = broken
        yield Case(REFUSED, (labels, bad), raises="ValueError")


exercise = Exercise(
    id="confident_joint",
    title="The confident joint",
    points=4,
    minutes=15,
    hints=(
        "First the thresholds: for class j take the rows whose given label is j, and average their probability of j.",
        "Then go through the items. Keep the classes whose probability is at least that class's threshold; an item that keeps none is skipped.",
        "`np.where(probs >= thresholds, probs, -1)` hides the classes that are not confident: its row-wise argmax is the true class you look for.",
    ),
    compare=exact(),  # counts; a float that is a whole number passes
    reference=reference,
    public=(
        Case(THRESHOLDS, (np.array([0, 0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.45, 0.55]]))),
        Case(
            SEVERAL,
            (
                np.array([0, 0, 1, 1, 2, 2]),
                np.array([[0.9, 0.05, 0.05], [0.3, 0.1, 0.6], [0.08, 0.48, 0.44], [0.15, 0.3, 0.55], [0.1, 0.2, 0.7], [0.55, 0.41, 0.04]]),
            ),
        ),
        Case(
            NEITHER,
            (np.array([0, 0, 0, 1, 1, 1]), np.array([[0.9, 0.1], [0.45, 0.55], [0.1, 0.9], [0.2, 0.8], [0.25, 0.75], [0.4, 0.6]])),
        ),
        Case(NEITHER, (np.array([0, 0, 0]), np.array([[0.75, 0.25], [0.6, 0.4], [0.25, 0.75]]))),
        Case(REFUSED, (np.array([0, -1]), np.array([[0.9, 0.1], [0.2, 0.8]])), raises="ValueError"),
        Case(REFUSED, (np.array([0, 1]), np.array([[0.9, 0.1], [2.0, 8.0]])), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_masks(labels, probs):
    labels, probs = np.asarray(labels), np.asarray(probs, dtype=float)
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, np.arange(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    confident = probs >= thresholds
    guess = np.where(confident, probs, -1).argmax(axis=1)
    counted = confident.any(axis=1)
    joint = np.zeros((k, k), dtype=int)
    np.add.at(joint, (labels[counted], guess[counted]), 1)
    return joint


@exercise.right
def with_a_counter(labels, probs):
    n, k = probs.shape
    if len(labels) != n or any(j not in range(k) for j in labels) or not all(abs(sum(row) - 1) < 1e-6 for row in probs):
        raise ValueError("labels and probabilities do not fit")
    own = defaultdict(list)
    for j, row in zip(labels, probs):
        own[j].append(row[j])
    limit = {j: sum(values) / len(values) for j, values in own.items()}
    counts = Counter()
    for given, row in zip(labels, probs):
        reached = [j for j in limit if row[j] >= limit[j]]
        if reached:
            counts[given, max(reached, key=lambda j: row[j])] += 1
    return [[counts[i, j] for j in range(k)] for i in range(k)]


@exercise.right
def with_a_warning(labels, probs):
    import warnings

    k = probs.shape[1]
    if len(labels) != len(probs) or labels.min() < 0 or labels.max() >= k or not np.all(np.abs(probs.sum(axis=1) - 1) <= 1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.full(k, np.nan)
    for j in range(k):
        if j in labels:
            thresholds[j] = np.mean(probs[labels == j, j])
        else:
            warnings.warn(f"no item carries label {j}")
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        confident = np.flatnonzero(row >= thresholds)
        if len(confident):
            joint[given, confident[np.argmax(row[confident])]] += 1
    return joint


@exercise.wrong(
    "You counted every item under its most probable class: that is a confusion matrix. The confident joint asks first whether "
    "the probability reaches the class's threshold, and leaves out the items that are confident of nothing.",
    share=0,
)
def plain_argmax(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    joint = np.zeros((k, k), dtype=int)
    np.add.at(joint, (labels, probs.argmax(axis=1)), 1)
    return joint


@exercise.wrong(
    "Rows and columns are exchanged. A row is the label that was given, a column the class that the item seems to be: `C[given, true]`.",
    share=0,
)
def transposed(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        if (row >= thresholds).any():
            joint[np.where(row >= thresholds, row, -1).argmax(), given] += 1
    return joint


@exercise.wrong(
    "An item that is confident of two classes is counted twice, so the matrix holds more counts than there are items. Each item counts "
    "once at most: under the most probable of its confident classes.",
    share=3 / 5,
)
def every_confident_class(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    return np.array([(probs[labels == i] >= thresholds).sum(axis=0) for i in range(k)])


@exercise.wrong(
    "You took the most probable class first and compared it with its threshold afterwards. A class that the model is always sure of "
    "has a high threshold: where it misses that, another class may still reach its own lower one. Select by threshold first, then take the "
    "maximum of what is left.",
    share=3 / 5,
)
def argmax_before_threshold(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        if row.max() >= thresholds[row.argmax()]:
            joint[given, row.argmax()] += 1
    return joint


@exercise.wrong(
    "Your thresholds average a class's probability over all items. Most of them belong to other classes, so the bar lies far too low. "
    "Average over the items that carry the label.",
    share=0,
)
def mean_over_all_items(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = probs.mean(axis=0)
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        if (row >= thresholds).any():
            joint[given, np.where(row >= thresholds, row, -1).argmax()] += 1
    return joint


@exercise.wrong(
    "A probability exactly at the threshold is left out. It counts (at least, not more than): otherwise a class with a single "
    "item, whose threshold is that item's own probability, could never have a confident item.",
    share=4 / 5,
)
def strictly_greater(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        if (row > thresholds).any():
            joint[given, np.where(row > thresholds, row, -1).argmax()] += 1
    return joint


@exercise.wrong(
    "A class that no item carries got the threshold 0, and 0 is reached by everything. With no item there is nothing to average: leave such "
    "a class out, its row and column stay 0.",
    share=4 / 5,
)
def unused_class_at_zero(labels, probs):
    k = probs.shape[1]
    if len(labels) != len(probs) or not np.isin(labels, range(k)).all() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("labels and probabilities do not fit")
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 0.0 for j in range(k)])
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        if (row >= thresholds).any():
            joint[given, np.where(row >= thresholds, row, -1).argmax()] += 1
    return joint


@exercise.wrong(
    "The numbers are right, but impossible input passes. NumPy takes a label of -1 for the last class without a word, and rows "
    "that are no probabilities give thresholds that mean nothing. Check lengths, labels and row sums first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(labels, probs):
    k = probs.shape[1]
    thresholds = np.array([probs[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(k)])
    joint = np.zeros((k, k), dtype=int)
    for given, row in zip(labels, probs):
        if (row >= thresholds).any():
            joint[given, np.where(row >= thresholds, row, -1).argmax()] += 1
    return joint
