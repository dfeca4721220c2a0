"""Outliers by distance: how far away an item's nearest neighbours are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

MEAN = "the score is the mean of k distances"
NEAREST = "the nearest neighbour alone, for k = 1"
COPIES = "a copy of an item is a neighbour, the item itself is not"
ALL = "k may go up to all the other items"
REFUSED = "impossible input is refused"


def reference(X: Array, k: int) -> Array:
    """scikit-learn's neighbour search, (n_items,). Asked without a query, it leaves out each item itself and nothing else.

    It raises ValueError by itself for a k below 1 or above n - 1, for NaN and infinity, and for X that is no table.
    """
    distances, _ = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors()
    return np.asarray(distances.mean(axis=1))


def cloud(rng: np.random.Generator, n_items: int, n_features: int) -> Array:
    """A cloud of items with one far away. (n_items, n_features)"""
    X = rng.normal(size=(n_items, n_features))
    X[rng.integers(n_items)] += 6
    return X


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """The smallest data set, copies, every k, clouds of several sizes, then what must be refused."""
    yield Case(NEAREST, (np.array([[2.0], [-1.0]]), 1))
    yield Case(NEAREST, (cloud(rng, 20, 3), 1))
    yield Case(ALL, (cloud(rng, 6, 2), 5))
    yield Case(MEAN, (cloud(rng, 12, 1), 3))
    yield Case(MEAN, (cloud(rng, 40, 5), 4))
    X = cloud(rng, 10, 2)
    yield Case(COPIES, (np.vstack([X, X[:4], X[:2]])[rng.permutation(16)], 2))
    yield Case(COPIES, (np.ones((4, 2)), 2))
    for bad_k in (-1, 10, 11):
        yield Case(REFUSED, (X, bad_k), raises="ValueError")
    yield Case(REFUSED, (np.where(X == X[3, 1], np.nan, X), 2), raises="ValueError")
    yield Case(REFUSED, (np.where(X == X[0, 0], np.inf, X), 2), raises="ValueError")
    yield Case(REFUSED, (X[:, 0], 2), raises="ValueError")


exercise = Exercise(
    id="outliers",
    title="Outliers by neighbour distance",
    points=3,
    minutes=8,
    hints=(
        "`X[:, None, :] - X[None, :, :]` holds the differences of all pairs, shape (n, n, d); square, sum over the last axis, take the root.",
        "An item is at distance 0 from itself. Put `np.inf` on the diagonal, and it can no longer be its own neighbour.",
        "Sort each row upwards, keep the first k columns, take the mean of each row.",
    ),
    # |a|^2 + |b|^2 - 2ab, a common fast way, loses half of the digits near distance 0: about 1e-7 for numbers up to 10
    compare=close(rtol=1e-6, atol=1e-6),
    reference=reference,
    public=(
        Case(MEAN, (np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 2.0], [9.0, 12.0]]), 2)),
        Case(NEAREST, (np.array([[1.0, 1.0], [1.0, 3.0], [5.0, 6.0]]), 1)),
        Case(COPIES, (np.array([[0.0], [0.0], [2.0], [7.0]]), 1)),
        Case(ALL, (np.array([[0.0, 0.0], [0.0, 3.0], [4.0, 0.0]]), 2)),
        Case(REFUSED, (np.array([[0.0], [1.0], [2.0]]), 3), raises="ValueError"),
        Case(REFUSED, (np.array([[0.0], [1.0], [2.0]]), 0), raises="ValueError"),
        Case(REFUSED, (np.array([[0.0], [np.nan], [2.0]]), 1), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_loops(X, k):
    n = len(X)
    if X.ndim != 2 or k < 1 or k > n - 1 or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    scores = []
    for i in range(n):
        others = sorted(math.dist(X[i], X[j]) for j in range(n) if j != i)
        scores.append(sum(others[:k]) / k)
    return scores


@exercise.right
def with_dot_products(X, k):
    if X.ndim != 2 or k not in range(1, len(X)) or np.isnan(X).any() or np.isinf(X).any():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    squares = (X**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * X @ X.T, 0))
    np.fill_diagonal(distances, np.inf)
    return np.partition(distances, k - 1, axis=1)[:, :k].mean(axis=1)


@exercise.right
def with_a_warning(X, k):
    import warnings

    warnings.warn("are the columns on one scale?")
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    distances = np.linalg.norm(X[:, None] - X[None], axis=2)
    kept = distances[~np.eye(len(X), dtype=bool)].reshape(len(X), -1)
    return np.sort(kept, axis=1)[:, :k].mean(axis=1)


@exercise.wrong(
    "Each item is among its own neighbours: its distance to itself, 0, is always the smallest and pulls the mean down. Leave out the diagonal.",
    share=0,
)
def itself_included(X, k):
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    distances = np.linalg.norm(X[:, None] - X[None], axis=2)
    return np.sort(distances, axis=1)[:, :k].mean(axis=1)


@exercise.wrong(
    "You returned the distance to the k-th neighbour. That is a score in use, too, but a jumpy one: one neighbour decides. Here it is "
    "the mean over all k.",
    share=2 / 5,
)
def kth_distance(X, k):
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    distances = np.linalg.norm(X[:, None] - X[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, k - 1]


@exercise.wrong(
    "You summed the k distances. The order of the items is the same, but scores for different k cannot be compared, and they have lost the "
    "unit of a distance: divide by k.",
    share=2 / 5,
)
def a_sum(X, k):
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    distances = np.linalg.norm(X[:, None] - X[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, :k].sum(axis=1)


@exercise.wrong(
    "Your distances are squared: the root is missing. A neighbour twice as far would count four times as much.",
    share=0,
)
def squared(X, k):
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    distances = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, :k].mean(axis=1)


@exercise.wrong(
    "You dropped every distance of 0. One of them is the item itself, the others are its copies, and these are real neighbours: an item "
    "with a copy is not an outlier. Leave out the diagonal by place, not by value.",
    share=4 / 5,
)
def zeros_dropped(X, k):
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    distances = np.linalg.norm(X[:, None] - X[None], axis=2)
    distances[distances == 0] = np.inf
    return np.sort(distances, axis=1)[:, :k].mean(axis=1)


@exercise.wrong(
    "You measured the distance to the centre of all items. An item between two groups lies close to that centre and still has no neighbour "
    "anywhere near. Ask how far away its k nearest items are.",
    share=0,
)
def from_the_centre(X, k):
    if X.ndim != 2 or not 0 < k < len(X) or not np.isfinite(X).all():
        raise ValueError("k must lie between 1 and n - 1, X must be a table of finite numbers")
    return np.linalg.norm(X - X.mean(axis=0), axis=1)


@exercise.wrong(
    "The scores are right, but impossible input passes: a slice takes fewer than k neighbours without a word, and one missing number "
    "spoils the scores. Check k and X first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(X, k):
    distances = np.linalg.norm(X[:, None] - X[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, :k].mean(axis=1)
