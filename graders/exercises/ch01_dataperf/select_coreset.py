"""Selection: the few rows on which a fixed model learns best, labels as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsClassifier

from datacentric_helpers.compare import dataperf
from graders.exercise import Case, Exercise
from graders.exercises.ch01_dataperf.rounds import REFUSED, Benchmark, Later, form, small

Array = np.ndarray[Any, Any]


def reference(X: Array, y: Array, budget: int) -> list[int]:
    """In each class the rows nearest to the centres of k-means, over the rows whose 15 nearest neighbours mostly carry the same label.

    The budget is dealt class by class; where too few rows are confirmed, others fill it up. Raises ValueError for lengths that differ
    and a budget outside 1..n.
    """
    if len(X) != len(y) or budget not in range(1, len(X) + 1):
        raise ValueError("one label per row, and a budget from 1 to n")
    agreed = KNeighborsClassifier(min(15, len(X))).fit(X, y).predict(X) == y
    confirmed = {label: np.flatnonzero(agreed & (y == label)).tolist() for label in np.unique(y)}
    places = [label for place in range(len(X)) for label, rows in confirmed.items() if place < len(rows)][:budget]
    chosen: list[int] = []
    for label, rows in confirmed.items():
        if label in places:
            centres = KMeans(places.count(label), n_init=5, random_state=0).fit(X[rows]).cluster_centers_
            for centre in centres:
                chosen.append(min(set(rows) - set(chosen), key=lambda row: (np.linalg.norm(X[row] - centre), row)))
    rest = [row for row in range(len(X)) if row not in chosen]
    return chosen + rest[: budget - len(chosen)]


def at_random(X: Array, y: Array, budget: int, rng: np.random.Generator) -> Array:
    """Any rows."""
    return rng.permutation(len(X))[:budget]


def obvious(X: Array, y: Array, budget: int) -> Array:
    """The first rows of each class, as many of each."""
    place = np.zeros(len(X), int)
    for label in np.unique(y):
        place[y == label] = np.arange((y == label).sum())
    return np.argsort(place, kind="stable")[:budget]


BENCHMARK = Benchmark("selection", interval=0.07, random=at_random, heuristic=obvious, reference=reference)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Budgets of one row and of all rows, few rows, one class, labels that nobody confirms; new rounds; what must be refused."""
    yield form("selection", *small(rng, 1, 1), 1)
    for n, classes, budget in ((12, 3, 1), (12, 3, 12), (40, 2, 7), (9, 1, 4), (10, 5, 8)):
        yield form("selection", *small(rng, n, classes), budget)
    yield from BENCHMARK.hidden(rng)
    X, y = small(rng, 20, 2)
    for budget in (0, 21):
        yield Case(REFUSED, (X, y, budget), raises="ValueError")
    yield Case(REFUSED, (X, y[:-1], 5), raises="ValueError")
    yield Case(REFUSED, (X[:-1], y, 5), raises="ValueError")


def public() -> Iterator[Case]:
    """A small call, three times six rounds, a budget that is none."""
    X, y = small(np.random.default_rng(0), 6, 2)
    yield form("selection", X, y, 4)
    yield from BENCHMARK.public({"random": 1, "heuristic": 7, "reference": 13})
    yield Case(REFUSED, (X, y, 7), raises="ValueError")


exercise = Exercise(
    id="select_coreset",
    title="DataPerf 3: select a coreset",
    points=5,
    minutes=25,
    hints=(
        "Three things spoil a random choice: rare classes are missed, wrong labels come in, and the rows resemble each other. Take them one by one.",
        "A row is confirmed where `KNeighborsClassifier(15).fit(X, y).predict(X)` gives it the label that it has.",
        "Within a class, spread the rows: take next the one that brings the mean of what you have nearest to the mean of the class.",
    ),
    compare=dataperf("form"),
    reference=reference,
    public=Later(public),
    hidden=hidden,
)


@exercise.right
def with_kmeans(X, y, budget):
    n = len(X)
    if n != len(y) or budget < 1 or budget > n:
        raise ValueError("lengths or budget do not fit")
    near = np.argsort(((X[:, None] - X[None]) ** 2).sum(axis=2) if n < 50 else -(X @ X.T), axis=1, kind="stable")[:, 1:16]
    own = (y[near] == y[:, None]).mean(axis=1) if n > 1 else np.ones(1)
    place = np.full(n, n)
    for c in np.unique(y):
        rows = np.flatnonzero((y == c) & (own >= 0.4))
        k = min(len(rows), -(-budget // len(np.unique(y))))
        if k:
            far = KMeans(k, n_init=8, random_state=1).fit(X[rows]).transform(X[rows])
            picked = []
            for column in far.T:
                picked.append(next(i for i in np.argsort(column, kind="stable") if i not in picked))
            place[rows[picked]] = np.arange(k)
    return np.argsort(place, kind="stable")[:budget].tolist()


@exercise.right
def herding_with_a_warning(X, y, budget):
    import warnings

    if len(X) != len(y) or not 0 < budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    if budget < len(np.unique(y)):
        warnings.warn("fewer rows than classes")
    agreed = KNeighborsClassifier(min(12, len(X))).fit(X, y).predict(X) == y
    queues = []
    for c in np.unique(y):
        free, queue = np.flatnonzero((y == c) & agreed), []
        mean = X[free].mean(axis=0) if len(free) else None
        total = np.zeros(X.shape[1])
        while len(free) and len(queue) < budget:
            far = np.linalg.norm((total + X[free]) / (len(queue) + 1) - mean, axis=1)
            queue.append(free[far.argmin()])
            total, free = total + X[queue[-1]], np.delete(free, far.argmin())
        queues.append(queue)
    order = [queue[k] for k in range(budget) for queue in queues if k < len(queue)]
    return (order + [i for i in range(len(X)) if i not in order])[:budget]


@exercise.wrong(
    "These are the first rows of each class: balanced, and nothing else. One label in five is wrong, and of look-alikes one would be "
    "enough. It is the line to beat, not the aim.",
    share=3 / 5,
)
def balanced_only(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    place = np.zeros(len(X), int)
    for label in np.unique(y):
        place[y == label] = np.arange((y == label).sum())
    return np.argsort(place, kind="stable")[:budget]


@exercise.wrong(
    "You took the rows that their neighbours confirm most, of whatever class: nearly all come from the largest one, and mean F1 counts "
    "each class the same. Deal the budget class by class.",
    share=2 / 5,
)
def classes_forgotten(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    model = KNeighborsClassifier(min(15, len(X))).fit(X, y)
    own = model.predict_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    return np.argsort(-own, kind="stable")[:budget]


@exercise.wrong(
    "You returned labels, or a mask, instead of row numbers: a coreset is named by the numbers of its rows, `budget` of them.",
    share=0,
)
def a_mask(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    return KNeighborsClassifier(min(15, len(X))).fit(X, y).predict(X) == y


@exercise.wrong(
    "Your rows are those *least* like the rest of their class. That looks like variety, but among the strangest rows of a class most are "
    "simply mislabelled. Keep what the neighbours confirm, then spread.",
    share=2 / 5,
)
def strangest_first(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    place = np.zeros(len(X), int)
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        far = np.linalg.norm(X[own] - X[own].mean(axis=0), axis=1)
        place[own[np.argsort(-far, kind="stable")]] = np.arange(len(own))
    return np.argsort(place, kind="stable")[:budget]
