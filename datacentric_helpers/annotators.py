"""Simulated annotators: each reads the true class and answers by the row of a confusion matrix.

The model is that of Dawid & Skene (1979): annotator a gives label l to an item of true class t with probability pi_a[t, l].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["confusion", "plant_errors", "rate"]

Labels = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")
    return float(value)


def _classes(true: npt.ArrayLike) -> Labels:
    labels = np.asarray(true)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or (labels.size and labels.min() < 0):
        raise ValueError(f"labels must be a 1-D array of class numbers from 0, got shape {labels.shape}, dtype {labels.dtype}")
    return labels.astype(np.int64)


def confusion(n_classes: int, accuracy: float, swaps: Mapping[tuple[int, int], float] | None = None) -> Matrix:
    """An annotator's confusion matrix (n_classes, n_classes): row = true class, column = label given; rows sum to 1.

    The share ``accuracy`` of each class is labelled right and the rest spread evenly over the other classes; then, for each
    ``{(true, given): share}`` of ``swaps``, that share of the true class is moved from the right label to ``given``.

    >>> confusion(3, 0.8, {(0, 1): 0.5}).round(2).tolist()
    [[0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]
    """
    if n_classes < 2:
        raise ValueError(f"n_classes must be at least 2, got {n_classes!r}")
    accuracy = _share("accuracy", accuracy)
    matrix = np.full((n_classes, n_classes), (1 - accuracy) / (n_classes - 1))
    np.fill_diagonal(matrix, accuracy)
    for (true, given), share in (swaps or {}).items():
        if share > matrix[true, true]:
            raise ValueError(f"swaps[{true, given}] must be at most what is labelled right, {matrix[true, true]:.3f}, got {share}")
        matrix[true, true] -= share
        matrix[true, given] += share
    return matrix


def rate(true: npt.ArrayLike, confusions: Mapping[str, Matrix], seed: int, coverage: float = 1.0) -> pd.DataFrame:
    """Ratings (n_items × annotators) of items with classes ``true``; NaN where an annotator did not see the item.

    Each annotator sees each item with probability ``coverage``, independently.

    >>> rate([0, 1, 1], {"Ann": np.eye(2), "Bo": np.eye(2)}, seed=0)["Ann"].tolist()
    [0.0, 1.0, 1.0]
    """
    import pandas as pd

    labels, rng = _classes(true), np.random.default_rng(seed)
    coverage = _share("coverage", coverage)
    columns = {}
    for name, matrix in confusions.items():
        pi = np.asarray(matrix, float)  # (n_classes, n_classes)
        if pi.ndim != 2 or pi.shape[0] != pi.shape[1] or not np.allclose(pi.sum(axis=1), 1) or (pi < 0).any():
            raise ValueError(f"confusions[{name!r}] must be a square matrix whose rows sum to 1, got shape {pi.shape}")
        if labels.size and labels.max() >= len(pi):
            raise ValueError(f"confusions[{name!r}] has {len(pi)} classes, but class {labels.max()} occurs")
        draws = rng.random(len(labels))[:, None]
        given = np.minimum((draws > pi.cumsum(axis=1)[labels]).sum(axis=1), len(pi) - 1).astype(float)
        given[rng.random(len(labels)) >= coverage] = np.nan
        columns[name] = given
    return pd.DataFrame(columns)


def plant_errors(
    y: npt.ArrayLike, rate: float, seed: int, pairs: Mapping[tuple[int, int], float] | None = None
) -> tuple[Labels, npt.NDArray[np.bool_]]:
    """Labels with errors planted, and the mask of those that were changed; both (n_items,).

    Without ``pairs`` exactly ``round(rate * n)`` items get another class, each other class equally likely (symmetric noise).
    With ``pairs`` = ``{(true, given): weight}`` the same number is planted along these pairs only, in proportion to the weights
    (class-dependent noise). Raises ValueError where a class has too few items for its part.
    """
    labels, rng = _classes(y), np.random.default_rng(seed)
    n_errors = round(_share("rate", rate) * len(labels))
    noisy, k = labels.copy(), int(labels.max(initial=0)) + 1
    if pairs is None:
        rows = rng.choice(len(labels), n_errors, replace=False)
        noisy[rows] = (labels[rows] + rng.integers(1, k, n_errors)) % k
        return noisy, noisy != labels
    weights = np.array(list(pairs.values()), float)
    parts = rng.multinomial(n_errors, weights / weights.sum())
    for (true, given), part in zip(pairs, parts, strict=True):
        pool = np.flatnonzero((labels == true) & (noisy == labels))
        if part > len(pool):
            raise ValueError(f"pairs: class {true} has {len(pool)} items left, {part} are to become {given}; lower the rate")
        noisy[rng.choice(pool, part, replace=False)] = given
    return noisy, noisy != labels
