"""Debugging: in which order to inspect the labels, so that the fixed model recovers soonest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from datacentric_helpers.compare import dataperf
from graders.exercise import Case, Exercise
from graders.exercises.ch01_dataperf.rounds import REFUSED, Benchmark, Later, form, small

Array = np.ndarray[Any, Any]


def reference(X: Array, y: Array) -> list[int]:
    """Rows by how likely their label is to a logistic regression that did not see them, least likely first; fold by fold, by hand.

    The rows of each class are dealt to up to five folds in turn. Raises ValueError for lengths that differ, fewer than two classes, and
    a class of one row.
    """
    labels = y.tolist()
    if len(X) != len(labels) or len(set(labels)) < 2 or min(labels.count(label) for label in labels) < 2:
        raise ValueError("one label per row, two classes or more, two rows or more of each")
    folds = min(5, *(labels.count(label) for label in labels))
    fold = [labels[:row].count(label) % folds for row, label in enumerate(labels)]  # its place in its class decides
    likely = {}
    for number in range(folds):
        seen = [row for row in range(len(X)) if fold[row] != number]
        model = LogisticRegression(max_iter=500).fit(X[seen], y[seen])
        unseen = [row for row in range(len(X)) if fold[row] == number]
        for row, probs in zip(unseen, model.predict_proba(X[unseen]).tolist()):
            likely[row] = probs[model.classes_.tolist().index(labels[row])]
    return sorted(likely, key=lambda row: (likely[row], row))


def at_random(X: Array, y: Array, rng: np.random.Generator) -> Array:
    """Any order."""
    return rng.permutation(len(X))


def obvious(X: Array, y: Array) -> Array:
    """First what lies farthest from the mean of the rows with the same label."""
    far = np.empty(len(X))
    for label in np.unique(y):
        far[y == label] = np.linalg.norm(X[y == label] - X[y == label].mean(axis=0), axis=1)
    return np.argsort(-far, kind="stable")


BENCHMARK = Benchmark("debugging", interval=0.07, random=at_random, heuristic=obvious, reference=reference, attempts=1)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Few rows, small classes; new rounds; what must be refused."""
    for n, classes in ((4, 2), (7, 3), (30, 2)):
        yield form("debugging", *small(rng, n, classes))
    yield from BENCHMARK.hidden(rng)
    X, y = small(rng, 12, 3)
    yield Case(REFUSED, (X, y[:-1]), raises="ValueError")
    yield Case(REFUSED, (X[:-1], y), raises="ValueError")
    yield Case(REFUSED, (X, np.zeros(12, int)), raises="ValueError")
    yield Case(REFUSED, (X, np.where(np.arange(12) == 4, 7, y)), raises="ValueError")


def public() -> Iterator[Case]:
    """A small call, three times six rounds, a class of one row."""
    X, y = small(np.random.default_rng(0), 8, 2)
    yield form("debugging", X, y)
    yield from BENCHMARK.public({"random": 1, "heuristic": 7, "reference": 13})
    yield Case(REFUSED, (X, np.where(np.arange(8) == 4, 7, y)), raises="ValueError")


exercise = Exercise(
    id="debug_labels",
    title="DataPerf 4: debug the labels",
    points=5,
    minutes=20,
    hints=(
        "Ask a model how likely each given label is, and inspect the least likely first.",
        "A model that was trained on a wrong label has learnt it. Ask one that was not: `cross_val_predict(..., method=\"predict_proba\")`.",
        "No class may have fewer rows than there are folds: `StratifiedKFold(min(5, smallest))`. The column of a label is its place in the sorted classes.",
    ),
    compare=dataperf("form"),
    reference=reference,
    public=Later(public),
    hidden=hidden,
)


@exercise.right
def by_the_neighbours(X, y):
    classes, codes, counts = np.unique(y, return_inverse=True, return_counts=True) if len(X) == len(y) else ([], [], np.zeros(1))
    if len(classes) < 2 or counts.min() < 2:
        raise ValueError("labels do not fit")
    near = np.argsort(((X[:, None] - X[None]) ** 2).sum(axis=2), axis=1, kind="stable")[:, 1:13]
    support = (y[near] == y[:, None]).mean(axis=1)
    return np.argsort(support, kind="stable")


@exercise.right
def margin_with_a_warning(X, y):
    import warnings

    if len(X) != len(y) or len(set(y.tolist())) < 2 or min(np.unique(y, return_counts=True)[1]) < 2:
        raise ValueError("labels do not fit")
    folds = int(min(5, np.unique(y, return_counts=True)[1].min()))
    if folds < 5:
        warnings.warn("small classes: fewer folds")
    codes = np.searchsorted(np.unique(y), y)
    probs = np.zeros((len(y), codes.max() + 1))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=1).split(X, codes):
        probs[test] = LogisticRegression(max_iter=300).fit(X[train], codes[train]).predict_proba(X[test])
    own = probs[np.arange(len(y)), codes]
    return sorted(range(len(y)), key=lambda i: own[i] - probs[i].max())


@exercise.wrong(
    "You inspect first what lies far from the mean of its class. That is the obvious heuristic, and the line to beat: with so many wrong "
    "labels the means are crooked, and unusual rows are not wrong ones.",
    share=3 / 5,
)
def far_from_the_mean(X, y):
    if len(X) != len(y) or len(np.unique(y)) < 2 or np.unique(y, return_counts=True)[1].min() < 2:
        raise ValueError("labels do not fit")
    far = np.empty(len(X))
    for label in np.unique(y):
        far[y == label] = np.linalg.norm(X[y == label] - X[y == label].mean(axis=0), axis=1)
    return np.argsort(-far, kind="stable")


@exercise.wrong(
    "Your model judges labels that it was trained on: it has learnt part of the errors by heart, and finds them likely. Predict each row by "
    "a model that did not see it (cross-validation).",
    share=3 / 5,
)
def judged_in_sample(X, y):
    if len(X) != len(y) or len(np.unique(y)) < 2 or np.unique(y, return_counts=True)[1].min() < 2:
        raise ValueError("labels do not fit")
    model = LogisticRegression(C=100, max_iter=2000).fit(X, y)
    own = model.predict_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    return np.argsort(own, kind="stable")


@exercise.wrong(
    "Your order begins with the labels that are surely right: `argsort` goes upwards, and what you sort by is trust turned round. The least "
    "likely label comes first.",
    share=2 / 5,
)
def trusted_first(X, y):
    if len(X) != len(y) or len(np.unique(y)) < 2 or np.unique(y, return_counts=True)[1].min() < 2:
        raise ValueError("labels do not fit")
    codes = np.searchsorted(np.unique(y), y)
    folds = min(5, np.bincount(codes).min())
    probs = cross_val_predict(LogisticRegression(max_iter=500), X, codes, cv=folds, method="predict_proba")
    return np.argsort(-probs[np.arange(len(y)), codes], kind="stable")


@exercise.wrong(
    "You inspect where the model is unsure, not where it contradicts the label. A sure model and another label than its own: that is the "
    "strongest sign of an error. Sort by the probability of the given label.",
    share=2 / 5,
)
def unsure_first(X, y):
    if len(X) != len(y) or len(np.unique(y)) < 2 or np.unique(y, return_counts=True)[1].min() < 2:
        raise ValueError("labels do not fit")
    codes = np.searchsorted(np.unique(y), y)
    folds = min(5, np.bincount(codes).min())
    probs = cross_val_predict(LogisticRegression(max_iter=500), X, codes, cv=folds, method="predict_proba")
    return np.argsort(probs.max(axis=1), kind="stable")


@exercise.wrong(
    "You list only the rows that you hold to be wrong. The score asks how far down an inspector must go: every row has its place, the "
    "likely errors first.",
    share=0,
)
def only_the_suspects(X, y):
    if len(X) != len(y) or len(np.unique(y)) < 2 or np.unique(y, return_counts=True)[1].min() < 2:
        raise ValueError("labels do not fit")
    found = KNeighborsClassifier(min(15, len(X))).fit(X, y).predict(X)
    return np.flatnonzero(found != y)
