"""Slicing: group the rows on which a model fails, so that each group has one reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from datacentric_helpers.compare import dataperf
from graders.exercise import Case, Exercise
from graders.exercises.ch01_dataperf.rounds import REFUSED, Benchmark, Later, form

Array = np.ndarray[Any, Any]


def reference(X: Array, y: Array, predicted: Array, count: int) -> list[list[int]]:
    """The errors in ``count`` groups, by k-means on the direction in which each lies from its class; the most typical first.

    A class's place is the mean of its rows that the model gets right, of all its rows where there is none. Raises ValueError for lengths
    that differ and a count outside 1..number of errors.
    """
    if not len(X) == len(y) == len(predicted) or count not in range(1, int((y != predicted).sum()) + 1):
        raise ValueError("one label and one prediction per row, and no more groups than errors")
    typical = {}
    for label in set(y.tolist()):
        rows = [row for row in range(len(X)) if y[row] == label]
        typical[label] = np.mean([X[row] for row in rows if predicted[row] == label] or [X[row] for row in rows], axis=0)
    errors = [row for row in range(len(X)) if y[row] != predicted[row]]
    away = [X[row] - typical[int(y[row])] for row in errors]
    directions = [shift / max(float(np.linalg.norm(shift)), 1e-12) for shift in away]
    found = KMeans(count, n_init=10, random_state=1).fit(np.array(directions))
    groups: list[list[tuple[float, int]]] = [[] for _ in range(count)]
    for row, direction, group in zip(errors, directions, found.labels_):
        groups[group].append((float(np.linalg.norm(direction - found.cluster_centers_[group])), row))
    return [[row for _, row in sorted(group)] for group in groups]


def at_random(X: Array, y: Array, predicted: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """The errors, dealt at random."""
    return np.array_split(rng.permutation(np.flatnonzero(y != predicted)), count)


def obvious(X: Array, y: Array, predicted: Array, count: int) -> list[list[int]]:
    """The most frequent confusions: true class and prediction."""
    errors = np.flatnonzero(y != predicted).tolist()
    pairs = {row: (int(y[row]), int(predicted[row])) for row in errors}
    frequent = [pair for pair, _ in Counter(pairs.values()).most_common(count)]
    return [[row for row in errors if pairs[row] == pair] for pair in frequent]


DIRECTION = "what lies in the same direction from its class stands together"

BENCHMARK = Benchmark("slicing", interval=0.08, random=at_random, heuristic=obvious, reference=reference, rounds=12)


def failures(rng: np.random.Generator, n: int, classes: int, wrong: int) -> tuple[Array, Array, Array]:
    """Random rows of which the model gets ``wrong`` wrong."""
    y = rng.permutation(np.arange(n) % classes)
    predicted = y.copy()
    rows = rng.permutation(n)[:wrong]
    predicted[rows] = (y[rows] + 1) % classes
    return rng.normal(size=(n, 4)), y, predicted


def two_reasons(rng: np.random.Generator) -> Case:
    """Three classes far apart. Errors lie off in one direction, in the other, or, in the class without a row that is right, in both."""
    axes = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    reason = np.array([0, 0, 1, 1, 0, 0, 2, 2, 1, 1, 2, 2])
    y = np.repeat([0, 1, 2], 4)
    X = 20.0 * np.eye(5)[y] + np.where(reason[:, None] == 1, np.eye(5)[3], 0) + np.where(reason[:, None] == 2, np.eye(5)[4], 0)
    order = rng.permutation(12)
    X, y, reason = (X @ axes)[order], y[order], reason[order]
    args = (X, y, np.where(reason > 0, (y + 1) % 3, y), 2)
    groups = [np.flatnonzero(reason == one).tolist() for one in (1, 2)]
    return Case(DIRECTION, args, expected={"task": "slicing", "args": list(args), "groups": groups}, compare=dataperf("form"))


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One error, as many groups as errors, nothing but errors; new rounds; what must be refused."""
    for n, wrong, count in ((6, 1, 1), (12, 5, 5), (12, 6, 2), (8, 8, 3)):
        yield form("slicing", *failures(rng, n, 2, wrong), count)
    yield two_reasons(rng)
    yield two_reasons(rng)
    yield from BENCHMARK.hidden(rng)
    X, y, predicted = failures(rng, 12, 3, 5)
    for count in (0, 6):
        yield Case(REFUSED, (X, y, predicted, count), raises="ValueError")
    yield Case(REFUSED, (X[:-1], y, predicted, 2), raises="ValueError")
    yield Case(REFUSED, (X, y[:-1], predicted[:-1], 2), raises="ValueError")
    yield Case(REFUSED, (X, y, predicted[:-1], 2), raises="ValueError")


def public() -> Iterator[Case]:
    """A small call, three times six rounds, more groups than errors."""
    X, y, predicted = failures(np.random.default_rng(0), 10, 2, 4)
    yield form("slicing", X, y, predicted, 2)
    yield two_reasons(np.random.default_rng(0))
    yield from BENCHMARK.public({"random": 1, "heuristic": 13, "reference": 56})
    yield Case(REFUSED, (X, y, predicted, 5), raises="ValueError")


exercise = Exercise(
    id="find_slices",
    title="DataPerf 5: find the failing slices",
    points=5,
    minutes=25,
    hints=(
        "Rows of one slice share what happened to them, not their class: first take away from every error what its class explains.",
        "Subtract the mean of the same class's rows that the model gets right. What is left is a direction; give all of them length one.",
        "Cluster the directions with `KMeans(count, n_init=10, random_state=0)`, and begin each group with the rows nearest to its centre (`transform`).",
    ),
    compare=dataperf("form"),
    reference=reference,
    public=Later(public),
    hidden=hidden,
)


@exercise.right
def by_ward(X, y, predicted, count):
    from sklearn.cluster import AgglomerativeClustering

    wrong = np.flatnonzero(y != predicted) if len(y) == len(predicted) == len(X) else []
    if count < 1 or count > len(wrong):
        raise ValueError("lengths or count do not fit")
    away = []
    for i in wrong:
        typical = X[(y == y[i]) & (predicted == y[i])]
        typical = typical if len(typical) else X[y == y[i]]
        away.append(X[i] - typical.mean(axis=0))
    away = np.array(away)
    away = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    member = AgglomerativeClustering(count).fit_predict(away) if count > 1 else np.zeros(len(wrong), int)
    groups = []
    for g in range(count):
        near = away[member == g] @ away[member == g].mean(axis=0)
        groups.append(wrong[member == g][np.argsort(-near, kind="stable")].tolist())
    return groups


@exercise.right
def kmeans_with_a_warning(X, y, predicted, count):
    import warnings

    if not (len(X) == len(y) == len(predicted)) or not 1 <= count <= (y != predicted).sum():
        raise ValueError("lengths or count do not fit")
    wrong = np.flatnonzero(y != predicted)
    if len(wrong) < 10 * count:
        warnings.warn("fewer than ten errors for a group")
    centre = {}
    for c in np.unique(y):
        good = (y == c) & (predicted == c)
        centre[c] = X[good if good.any() else y == c].mean(axis=0)
    away = X[wrong] - np.stack([centre[c] for c in y[wrong]])
    away /= np.linalg.norm(away, axis=1)[:, None] + 1e-12
    model = KMeans(count, n_init=20, random_state=3).fit(away)
    far = model.transform(away)
    return [wrong[sorted(np.flatnonzero(model.labels_ == g), key=lambda i: far[i, g])] for g in range(count)]


@exercise.wrong(
    "You grouped the errors by confusion, true class and prediction. That is the obvious heuristic: it says what was mistaken for what, not "
    "why. One reason, such as a hidden lower half, runs through many confusions.",
    share=3 / 6,
)
def by_confusion(X, y, predicted, count):
    if not (len(X) == len(y) == len(predicted)) or not 1 <= count <= (y != predicted).sum():
        raise ValueError("lengths or count do not fit")
    wrong = np.flatnonzero(y != predicted)
    pairs = [(y[i], predicted[i]) for i in wrong]
    kinds = sorted(set(pairs), key=lambda pair: -pairs.count(pair))[:count]
    groups = [[i for i, pair in zip(wrong, pairs) if pair == kind] for kind in kinds]
    while len(groups) < count:
        groups.append([max(groups, key=len).pop()])
    return groups


@exercise.wrong(
    "You grouped the errors by their true class. Which digit it is says little about why the model fails: take away what the class explains, "
    "and group what is left.",
    share=2 / 6,
)
def by_true_class(X, y, predicted, count):
    if not (len(X) == len(y) == len(predicted)) or not 1 <= count <= (y != predicted).sum():
        raise ValueError("lengths or count do not fit")
    wrong = np.flatnonzero(y != predicted)
    classes = sorted(set(y[wrong].tolist()), key=lambda c: -(y[wrong] == c).sum())[:count]
    groups = [[i for i in wrong if y[i] == c] for c in classes]
    while len(groups) < count:
        groups.append([max(groups, key=len).pop()])
    return groups


@exercise.wrong(
    "You clustered the embeddings as they are: what differs most between digits is the digit, so your groups are classes, in part. Subtract "
    "what is typical of the class first.",
    share=4 / 6,
)
def class_left_in(X, y, predicted, count):
    if not (len(X) == len(y) == len(predicted)) or not 1 <= count <= (y != predicted).sum():
        raise ValueError("lengths or count do not fit")
    wrong = np.flatnonzero(y != predicted)
    model = KMeans(count, n_init=10, random_state=0).fit(X[wrong])
    far = model.transform(X[wrong])
    return [wrong[model.labels_ == g][np.argsort(far[model.labels_ == g, g])] for g in range(count)]


@exercise.wrong(
    "Your groups are right, but their rows come in the order of the data. Only the first ten of a group are looked at: begin with the "
    "most typical, nearest to the group's centre.",
    share=5 / 6,
)
def in_the_order_of_the_data(X, y, predicted, count):
    if not (len(X) == len(y) == len(predicted)) or not 1 <= count <= (y != predicted).sum():
        raise ValueError("lengths or count do not fit")
    wrong = np.flatnonzero(y != predicted)
    away = []
    for i in wrong:
        good = (y == y[i]) & (predicted == y[i])
        away.append(X[i] - X[good if good.any() else y == y[i]].mean(axis=0))
    away = np.array(away)
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-12)
    member = KMeans(count, n_init=10, random_state=0).fit_predict(away)
    return [wrong[member == g] for g in range(count)]


@exercise.wrong(
    "Your groups hold rows that the model gets right. A slice is a group of *failures*: cluster only the rows where label and prediction "
    "differ.",
    share=0,
)
def right_rows_too(X, y, predicted, count):
    if not (len(X) == len(y) == len(predicted)) or not 1 <= count <= (y != predicted).sum():
        raise ValueError("lengths or count do not fit")
    member = KMeans(count, n_init=10, random_state=0).fit_predict(X)
    return [np.flatnonzero(member == g) for g in range(count)]
