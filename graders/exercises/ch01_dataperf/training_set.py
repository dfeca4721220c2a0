"""Training-set creation: rows and labels of your own for a model that stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from datacentric_helpers.compare import dataperf
from graders.exercise import Case, Exercise
from graders.exercises.ch01_dataperf.rounds import REFUSED, Benchmark, Later, form, small

Array = np.ndarray[Any, Any]


def reference(X: Array, y: Array, budget: int) -> tuple[list[int], list[int]]:
    """Each row gets the label of most of its 15 nearest rows, itself among them; the surest rows are dealt class by class, up to ``budget``.

    Plain Python, row by row. Raises ValueError for lengths that differ and a budget outside 1..n.
    """
    if len(X) != len(y) or budget not in range(1, len(X) + 1):
        raise ValueError("one label per row, and a budget from 1 to n")
    found: dict[int, list[tuple[int, int]]] = {}
    for row in range(len(X)):
        near = np.argsort(np.linalg.norm(X - X[row], axis=1), kind="stable")[:15]
        label, votes = Counter(y[near].tolist()).most_common(1)[0]
        found.setdefault(label, []).append((-votes, row))
    queues = [[(row, label) for _, row in sorted(rows)] for label, rows in found.items()]
    dealt = [queue[place] for place in range(len(X)) for queue in queues if place < len(queue)][:budget]
    return [row for row, _ in dealt], [label for _, label in dealt]


def at_random(X: Array, y: Array, budget: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Any rows, labels as given."""
    rows = rng.permutation(len(X))[:budget]
    return rows, y[rows]


def obvious(X: Array, y: Array, budget: int) -> tuple[Array, Array]:
    """Of each class in turn the row nearest to the mean of the rows that carry its label; labels as given."""
    place = np.zeros(len(X), int)
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        far = np.linalg.norm(X[own] - X[own].mean(axis=0), axis=1)
        place[own[np.argsort(far, kind="stable")]] = np.arange(len(own))
    rows = np.argsort(place, kind="stable")[:budget]
    return rows, y[rows]


BENCHMARK = Benchmark("creation", interval=0.05, random=at_random, heuristic=obvious, reference=reference)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Budgets of one row and of all rows, few rows, one class; new rounds; what must be refused."""
    yield form("creation", *small(rng, 1, 1), 1)
    for n, classes, budget in ((12, 3, 1), (12, 3, 12), (40, 2, 7), (9, 1, 4)):
        yield form("creation", *small(rng, n, classes), budget)
    yield from BENCHMARK.hidden(rng)
    X, y = small(rng, 20, 2)
    for budget in (0, 21):
        yield Case(REFUSED, (X, y, budget), raises="ValueError")
    yield Case(REFUSED, (X, y[:-1], 5), raises="ValueError")
    yield Case(REFUSED, (X[:-1], y, 5), raises="ValueError")


def public() -> Iterator[Case]:
    """A small call, three times six rounds, a budget that is none."""
    X, y = small(np.random.default_rng(0), 6, 2)
    yield form("creation", X, y, 4)
    yield from BENCHMARK.public({"random": 1, "heuristic": 7, "reference": 13})
    yield Case(REFUSED, (X, y, 7), raises="ValueError")


exercise = Exercise(
    id="training_set",
    title="DataPerf 1: create a training set",
    points=5,
    minutes=25,
    hints=(
        "Nearly half of the labels are wrong, but they are wrong in different ways: the neighbours of a row, asked together, mostly know better.",
        "`KNeighborsClassifier(15).fit(X, y).predict_proba(X)` is that vote; its largest entry says how sure the neighbours are.",
        "You may hand in labels of your own. Take the same number from every class, in each class the rows with the surest vote.",
    ),
    compare=dataperf("form"),
    reference=reference,
    public=Later(public),
    hidden=hidden,
)


@exercise.right
def with_more_neighbours(X, y, budget):
    if X.shape[0] != y.shape[0] or budget < 1 or budget > X.shape[0]:
        raise ValueError("lengths or budget do not fit")
    classes = np.unique(y)
    similar = X @ X.T
    near = np.argsort(-similar, axis=1, kind="stable")[:, : min(20, len(X))]
    votes = np.stack([(y[near] == c).mean(axis=1) for c in classes], axis=1)
    labels, sure = classes[votes.argmax(axis=1)], votes.max(axis=1)
    queues = [list(np.flatnonzero(labels == c)[np.argsort(-sure[labels == c], kind="stable")]) for c in classes]
    taken = []
    while len(taken) < budget:
        for queue in queues:
            if queue and len(taken) < budget:
                taken.append(int(queue.pop(0)))
    return taken, labels[taken]


@exercise.right
def keeps_what_the_neighbours_confirm(X, y, budget):
    import warnings

    if len(X) != len(y) or not 0 < budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    if budget < len(np.unique(y)):
        warnings.warn("fewer rows than classes")
    model = KNeighborsClassifier(min(15, len(X))).fit(X, y)
    own = model.predict_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    place = {}
    for c in model.classes_:
        mine = sorted(np.flatnonzero(y == c).tolist(), key=lambda i: -own[i])
        place.update({row: number for number, row in enumerate(mine)})
    rows = sorted(range(len(y)), key=lambda i: place[i])[:budget]
    return rows, y[rows]


@exercise.wrong(
    "Your rows come from every class alike, but their labels are taken as they are, and nearly half of them are wrong. Ask each "
    "row's neighbours before you trust its label.",
    share=2 / 5,
)
def balanced_only(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    place = np.zeros(len(X), int)
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        place[own] = np.arange(len(own))
    rows = np.argsort(place, kind="stable")[:budget]
    return rows, y[rows]


@exercise.wrong(
    "This is the obvious heuristic: the rows nearest to the mean of their class. The mean is taken over wrong labels too, and the "
    "labels stay wrong. It is the line to beat, not the aim.",
    share=3 / 5,
)
def nearest_to_the_mean(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    place = np.zeros(len(X), int)
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        far = np.linalg.norm(X[own] - X[own].mean(axis=0), axis=1)
        place[own[np.argsort(far, kind="stable")]] = np.arange(len(own))
    rows = np.argsort(place, kind="stable")[:budget]
    return rows, y[rows]


@exercise.wrong(
    "You chose well and corrected nothing: the rows are those with the surest neighbours, but you hand in the old labels. "
    "Return the label that the neighbours voted for.",
    share=2 / 5,
)
def old_labels_returned(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    model = KNeighborsClassifier(min(15, len(X))).fit(X, y)
    votes = model.predict_proba(X)
    labels, sure = votes.argmax(axis=1), votes.max(axis=1)
    place = np.empty(len(X), int)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        place[own[np.argsort(-sure[own], kind="stable")]] = np.arange(len(own))
    rows = np.argsort(place, kind="stable")[:budget]
    return rows, y[rows]


@exercise.wrong(
    "Your set holds the surest rows of all, whatever their class: the large classes fill it, and the fixed model hardly meets "
    "the small ones. Deal the budget class by class.",
    share=3 / 5,
)
def not_balanced(X, y, budget):
    if len(X) != len(y) or not 1 <= budget <= len(X):
        raise ValueError("lengths or budget do not fit")
    model = KNeighborsClassifier(min(15, len(X))).fit(X, y)
    votes = model.predict_proba(X)
    rows = np.argsort(-votes.max(axis=1), kind="stable")[:budget]
    return rows, model.classes_[votes.argmax(axis=1)][rows]


@exercise.wrong(
    "The set is good, but impossible input passes: a budget of no rows, or of more rows than there are, gives a set of another "
    "size without a word. Check first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(X, y, budget):
    n = min(len(X), len(y))
    X, y = X[:n], y[:n]
    model = KNeighborsClassifier(min(15, n)).fit(X, y)
    votes = model.predict_proba(X)
    labels, sure = model.classes_[votes.argmax(axis=1)], votes.max(axis=1)
    place = np.empty(n, int)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        place[own[np.argsort(-sure[own], kind="stable")]] = np.arange(len(own))
    rows = np.argsort(place, kind="stable")[:budget]
    return rows, labels[rows]
