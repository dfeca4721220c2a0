"""Class probabilities from models that never saw the item: the raw material of confident learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

UNSEEN = "each row is predicted by a model that did not see it"
ORDER = "rows come back in the order of the data"
COLUMNS = "columns follow the sorted classes"
REFUSED = "a class with fewer items than folds is refused"


def reference(X: Array, y: Array, n_splits: int) -> Array:
    """scikit-learn's own cross-validated prediction, (n_items, n_classes), rows sum to 1."""
    if np.unique(y, return_counts=True)[1].min() < n_splits:
        raise ValueError("every class needs at least one item per fold")
    model = LogisticRegression(max_iter=500)
    return np.asarray(cross_val_predict(model, X, y, cv=StratifiedKFold(n_splits), method="predict_proba"))


def blobs(rng: np.random.Generator, codes: Sequence[int], names: Sequence[Any]) -> tuple[Array, Array]:
    """Overlapping clouds in the plane, one per class: ``X`` (n, 2) and ``y`` (n,), whose class ``i`` is called ``names[i]``."""
    centres = 2.0 * rng.permutation([[0, 0], [1, 0], [0, 1], [1, 1]])
    return (centres[list(codes)] + rng.normal(size=(len(codes), 2))).round(2), np.array(names)[list(codes)]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Just enough items per class, two folds, rows in other orders, class names of other kinds, then classes too small."""
    yield Case(UNSEEN, (*blobs(rng, [0, 1] * 3, (0, 1)), 3))
    yield Case(UNSEEN, (*blobs(rng, [0, 1, 2] * 8, (0, 1, 2)), 2))
    yield Case(UNSEEN, (*blobs(rng, [0, 1] * 20, (0, 1)), 5))
    yield Case(ORDER, (*blobs(rng, [0] * 6 + [1] * 9 + [2] * 6, (0, 1, 2)), 3))
    yield Case(ORDER, (*blobs(rng, rng.permutation([0] * 12 + [1] * 7).tolist(), (0, 1)), 4))
    yield Case(COLUMNS, (*blobs(rng, [0, 1, 2] * 6, ("spam", "ham", "news")), 3))
    yield Case(COLUMNS, (*blobs(rng, [0, 1] * 8, (7, -2)), 4))
    yield Case(REFUSED, (*blobs(rng, [0, 1, 2] * 3 + [0, 1] * 3, (0, 1, 2)), 4), raises="ValueError")


exercise = Exercise(
    id="out_of_sample_probs",
    title="Out-of-sample probabilities",
    points=3,
    minutes=10,
    hints=(
        "`StratifiedKFold(n_splits).split(X, y)` gives pairs of row numbers: train on the first, predict the second.",
        "Make an empty array of n rows and one column per class, and write each fold's probabilities into the rows `probs[test]`.",
        "`np.unique(y, return_counts=True)` tells the sorted classes and how many items each one has: look at the smallest count first.",
    ),
    # lbfgs stops at a gradient of 1e-4: another processor's last digits may move a probability by about that much
    compare=close(rtol=0, atol=1e-3),
    reference=reference,
    public=(
        Case(UNSEEN, (np.array([[0.1], [1.8], [0.4], [2.2], [1.9], [2.5]]), np.array([0, 1, 0, 1, 0, 1]), 3)),
        Case(ORDER, (np.array([[0.2], [0.9], [0.4], [1.6], [2.1], [0.7]]), np.array([0, 0, 0, 1, 1, 1]), 3)),
        Case(COLUMNS, (np.array([[1.9], [0.3], [2.4], [0.6], [0.5], [0.1]]), np.array(["dog", "cat"] * 3), 3)),
        Case(COLUMNS, (np.array([[0.3], [1.9], [0.6], [2.4], [0.1], [0.5]]), np.array([3, 8] * 3), 3)),
        Case(REFUSED, (np.array([[0.1], [0.4], [0.2], [2.2], [1.9]]), np.array([0, 0, 0, 1, 1]), 3), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def fold_by_fold(X, y, n_splits):
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    probs = np.full((len(y), len(classes)), np.nan)
    for train, test in StratifiedKFold(n_splits).split(X, y):
        probs[test] = LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[test])
    return probs


@exercise.right
def row_by_row(X, y, n_splits):
    if min(Counter(y.tolist()).values()) < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    rows = {}
    for train, test in StratifiedKFold(n_splits).split(X, y):
        model = LogisticRegression(max_iter=500).fit(X[train], y[train])
        rows.update(zip(test.tolist(), model.predict_proba(X[test]).tolist()))
    return [rows[i] for i in range(len(y))]


@exercise.right
def with_a_warning(X, y, n_splits):
    import warnings

    warnings.warn("a logistic regression may be too simple for these data")
    classes, counts = np.unique(y, return_counts=True)
    if n_splits > min(counts):
        raise ValueError("a class is smaller than the number of folds")
    probs = np.zeros((len(y), len(classes)))
    for train, test in StratifiedKFold(n_splits).split(X, y):
        probs[test, :] = LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[test])
    return probs


@exercise.wrong(
    "Your model has seen every row that it predicts. It has partly learnt the wrong labels by heart, so it will defend them. "
    "Train on the other folds and predict only the fold that was left out.",
    share=0,
)
def in_sample(X, y, n_splits):
    if np.unique(y, return_counts=True)[1].min() < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    return LogisticRegression(max_iter=500).fit(X, y).predict_proba(X)


@exercise.wrong(
    "You shuffled the rows before you cut the folds. That is sound practice, but here the folds are part of the statement, so that "
    "everybody gets the same numbers: `StratifiedKFold(n_splits)` without shuffling.",
    share=0,
)
def shuffled(X, y, n_splits):
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    probs = np.zeros((len(y), len(classes)))
    for train, test in StratifiedKFold(n_splits, shuffle=True, random_state=0).split(X, y):
        probs[test] = LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[test])
    return probs


@exercise.wrong(
    "Your folds ignore the classes. In data sorted by class, such a fold can take a whole class out of training, and the model "
    "cannot give a probability to a class that it never met. `StratifiedKFold` keeps every class in every fold.",
    share=3 / 4,
)
def not_stratified(X, y, n_splits):
    from sklearn.model_selection import KFold

    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    probs = np.zeros((len(y), len(classes)))
    for train, test in KFold(n_splits).split(X, y):
        probs[test] = LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[test])
    return probs


@exercise.wrong(
    "You put the folds' results one below the other. The rows then come in the order of the folds, and row 5 of your result "
    "belongs to another item than row 5 of the data. Write each result into its own rows: `probs[test] = ...`.",
    share=3 / 4,
)
def folds_stacked(X, y, n_splits):
    if np.unique(y, return_counts=True)[1].min() < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    parts = []
    for train, test in StratifiedKFold(n_splits).split(X, y):
        parts.append(LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[test]))
    return np.vstack(parts)


@exercise.wrong(
    "You used the labels themselves as column numbers. That works for 0, 1, 2, but not for 3 and 8 or for words: take one "
    "column per class, in sorted order, as `np.unique(y)` and `model.classes_` have them.",
    share=3 / 4,
)
def labels_as_columns(X, y, n_splits):
    if np.unique(y, return_counts=True)[1].min() < n_splits:
        raise ValueError("a class is smaller than the number of folds")
    probs = np.zeros((len(y), y.max() + 1))
    for train, test in StratifiedKFold(n_splits).split(X, y):
        model = LogisticRegression(max_iter=500).fit(X[train], y[train])
        for column, label in enumerate(model.classes_):
            probs[test, label] = model.predict_proba(X[test])[:, column]
    return probs


@exercise.wrong(
    "A class with fewer items than folds passes: some fold is then judged without a single item of it, and scikit-learn only "
    "warns. Count the items of each class first, and raise a ValueError.",
    share=3 / 4,
)
def small_classes_pass(X, y, n_splits):
    probs = np.zeros((len(y), len(np.unique(y))))
    for train, test in StratifiedKFold(n_splits).split(X, y):
        probs[test] = LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[test])
    return probs
