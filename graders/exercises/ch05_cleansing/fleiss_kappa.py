"""Fleiss' kappa: several annotators, a table of counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as library_kappa
from statsmodels.stats.tests.test_inter_rater import diagnoses

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

KAPPA, UNUSED, UNDEFINED = "kappa of several annotators", "an unused category changes nothing", "one single category gives nan"
UNEQUAL, REFUSED = "every item needs the same number of ratings, two or more", "what is no table of counts is refused"

FLEISS_1971 = aggregate_raters(diagnoses)[0].astype(np.int64)  # (30 patients, 5 diagnoses), six psychiatrists; kappa = 0.430
FREQUENT = np.array([[2, 1]] * 3 + [[3, 0]] * 37)  # 95 % of all pairs agree, kappa is below zero


def reference(counts: ArrayLike) -> float:
    """Fleiss' kappa (Fleiss 1971) by statsmodels; at most 1, 0 = as by chance, higher is better.

    ``counts`` (n_items, n_categories): how many annotators chose the category. Raises ValueError for anything but whole
    numbers from 0 up, and where items differ in their number of ratings or have fewer than two; nan for a single category.
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2:
        raise ValueError("a table (n_items, n_categories) is due")
    if not all(float(x).is_integer() and x >= 0 for x in table.flat):
        raise ValueError("counts are whole numbers from 0 up")
    ratings = {sum(row) for row in table.tolist()}  # empty where there are no items
    if len(ratings) != 1 or ratings.pop() < 2:
        raise ValueError("every item needs the same number of ratings, at least two")
    with np.errstate(invalid="ignore"):  # 0/0 where only one category is in use
        return float(library_kappa(table))


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random tables."""
    yield Case(KAPPA, (np.array([[2, 0], [0, 2]]),))
    yield Case(KAPPA, (np.array([[1, 1], [1, 1]]),))
    yield Case(KAPPA, (np.array([[1, 2, 1]]),))
    for n_items, n_raters, n_categories in ((6, 2, 3), (12, 5, 4), (25, 3, 2)):
        table = _table(rng, n_items, n_raters, n_categories)
        yield Case(KAPPA, (table,))
        yield Case(UNUSED, (np.insert(table, 1, 0, axis=1),))
    yield Case(UNDEFINED, (np.array([[0, 2]]),))
    yield Case(UNDEFINED, (np.array([[4], [4]]),))
    yield Case(UNEQUAL, (np.array([[3, 1], [2, 2], [4, 1]]),), raises="ValueError")
    yield Case(UNEQUAL, (np.array([[0, 0], [0, 0]]),), raises="ValueError")
    yield Case(REFUSED, (np.array([[2.0, 1.0], [math.nan, 1.0]]),), raises="ValueError")
    yield Case(REFUSED, (np.array([[1.5, 1.5], [3.0, 0.0]]),), raises="ValueError")
    yield Case(REFUSED, (np.array([[math.inf, 1.0], [math.inf, 1.0]]),), raises="ValueError")
    yield Case(REFUSED, (np.array([[[1], [2]], [[2], [1]]]),), raises="ValueError")
    yield Case(REFUSED, (np.zeros((4, 0)),), raises="ValueError")


def _table(rng: np.random.Generator, n_items: int, n_raters: int, n_categories: int) -> NDArray[Any]:
    """A table of counts: each item has its own favourite category, and all categories are used."""
    favourite = rng.permutation(np.arange(n_items) % n_categories)
    chance = np.full((n_items, n_categories), 0.4 / n_categories)
    chance[np.arange(n_items), favourite] += 0.6
    return np.array([[n_raters - 1, 1] + [0] * (n_categories - 2), *(rng.multinomial(n_raters, p) for p in chance)])


exercise = Exercise(
    id="fleiss_kappa",
    title="Fleiss' kappa",
    points=4,
    minutes=12,
    hints=(
        "One item with n ratings has n(n − 1) ordered pairs of different annotators; c of them choosing the same category "
        "make c(c − 1) agreeing pairs.",
        "Observed agreement: the share of agreeing pairs per item (`axis=1`), averaged over the items.",
        "Chance agreement: the share of each category in all ratings (`axis=0`), squared and added up.",
    ),
    compare=close(),  # a few sums of whole numbers and their quotients: right answers differ by rounding only
    reference=reference,
    public=(
        Case(KAPPA, (np.array([[3, 0], [0, 3], [2, 1], [3, 0]]),)),
        Case(KAPPA, (FLEISS_1971,)),
        Case(KAPPA, (FREQUENT,)),
        Case(UNUSED, (np.array([[4, 0, 0], [1, 0, 3], [0, 0, 4]]),)),
        Case(UNDEFINED, (np.array([[3, 0], [3, 0]]),)),
        Case(UNEQUAL, (np.array([[3, 0], [1, 1]]),), raises="ValueError"),
        Case(UNEQUAL, (np.array([[1, 0], [0, 1]]),), raises="ValueError"),
        Case(REFUSED, (np.array([[3, 0], [4, -1]]),), raises="ValueError"),
        Case(REFUSED, (np.array([3, 0, 2]),), raises="ValueError"),
        Case(REFUSED, (np.zeros((0, 2)),), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_plain_loops(counts):
    rows = np.asarray(counts).tolist()
    if not rows or not all(isinstance(row, list) and row and not isinstance(row[0], list) for row in rows):
        raise ValueError("counts must be (n_items, n_categories)")
    if any(c != c or c < 0 or c == math.inf or c != int(c) for row in rows for c in row):
        raise ValueError("counts are whole numbers from 0 up")
    n = sum(rows[0])
    if n < 2 or any(sum(row) != n for row in rows):
        raise ValueError("every item needs the same number of ratings, at least two")
    total = n * len(rows)
    expected = sum((sum(column) / total) ** 2 for column in zip(*rows))
    observed = sum(c * (c - 1) for row in rows for c in row) / (total * (n - 1))
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan


@exercise.right
def through_disagreement(counts):
    table = pd.DataFrame(counts) if np.ndim(counts) == 2 else pd.DataFrame()
    if table.empty or (table < 0).any(axis=None) or not (table % 1 == 0).all(axis=None):
        raise ValueError("counts must be a table of whole numbers from 0 up")
    ratings = table.sum(axis=1)
    if ratings.nunique() > 1 or ratings[0] < 2:
        raise ValueError("every item needs the same number of ratings, at least two")
    n, pooled = ratings[0], table.sum() / table.to_numpy().sum()
    if (pooled > 0).sum() == 1:
        return np.nan
    disagreement = table.mul(n - table).sum(axis=1).mean() / (n * (n - 1))
    return 1 - disagreement / (pooled * (1 - pooled)).sum()


@exercise.right
def with_a_warning(counts):
    import warnings

    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    if len(counts) < 10:
        warnings.warn("fewer than ten items: the estimate is rough", stacklevel=2)
    shares = counts.sum(axis=0) / counts.sum()
    observed = ((counts**2).sum(axis=1) - n).mean() / (n * (n - 1))
    return (observed - shares @ shares) / (1 - shares @ shares) if shares.max() < 1 else np.nan


@exercise.wrong(
    "You paired each annotator with themselves too: c²/n² counts n pairs that always agree. "
    "Only pairs of different annotators say something: c(c − 1) of n(n − 1).",
    share=3 / 5,
)
def pairs_with_oneself(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    shares = counts.sum(axis=0) / counts.sum()
    observed, expected = ((counts / n) ** 2).sum(axis=1).mean(), (shares**2).sum()
    return (observed - expected) / (1 - expected) if shares.max() < 1 else np.nan


@exercise.wrong(
    "You let chance pick every category equally often (1/k). Then each unused category in the table raises kappa. "
    "Chance follows how often the categories were really used.",
    share=3 / 5,
)
def uniform_chance(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    if counts.any(axis=0).sum() == 1:
        return np.nan
    observed, expected = (counts * (counts - 1)).sum(axis=1).mean() / (n * (n - 1)), 1 / counts.shape[1]
    return (observed - expected) / (1 - expected)


@exercise.wrong(
    "You took the majority's share as the agreement of an item. Five to one is not 83 % agreement: of the 30 ordered pairs of "
    "annotators 20 agree, 67 %. Count pairs.",
    share=3 / 5,
)
def majority_share(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    shares = counts.sum(axis=0) / counts.sum()
    observed, expected = (counts.max(axis=1) / n).mean(), (shares**2).sum()
    return (observed - expected) / (1 - expected) if shares.max() < 1 else np.nan


@exercise.wrong(
    "This is the share of agreeing pairs, before chance comes off. "
    "Where nearly all items belong to one category it is close to 1 whatever the annotators do.",
    share=3 / 5,
)
def no_chance(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    if counts.any(axis=0).sum() == 1:
        return np.nan
    return (counts * (counts - 1)).sum(axis=1).mean() / (n * (n - 1))


@exercise.wrong(
    "Your chance agreement sums over the wrong axis: you got the share of each item in all ratings, not of each category. "
    "`axis=0` adds down the items and leaves one number per category.",
    share=0,
)
def wrong_axis(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    shares = counts.sum(axis=1) / counts.sum()
    observed, expected = (counts * (counts - 1)).sum(axis=1).mean() / (n * (n - 1)), (shares**2).sum()
    return (observed - expected) / (1 - expected) if expected < 1 else np.nan


@exercise.wrong(
    "You took the number of ratings from the first item and used it for all. Where items have more or fewer ratings the result "
    "is no kappa any more: compare the row sums and refuse.",
    share=4 / 5,
)
def first_row_for_all(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2:
        raise ValueError("at least two ratings per item are due")
    shares = counts.sum(axis=0) / counts.sum()
    observed, expected = (counts * (counts - 1)).sum(axis=1).mean() / (n * (n - 1)), (shares**2).sum()
    return (observed - expected) / (1 - expected) if shares.max() < 1 else np.nan


@exercise.wrong(
    "Where everybody always chose the same category you answer 1. Observed and chance agreement are then both 1, and kappa is "
    "0/0: such items cannot show whether the annotators can tell categories apart. Return nan.",
    share=4 / 5,
)
def single_category_is_perfect(counts):
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.size == 0 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("counts must be a table of whole numbers from 0 up")
    n = counts[0].sum()
    if n < 2 or (counts.sum(axis=1) != n).any():
        raise ValueError("every item needs the same number of ratings, at least two")
    shares = counts.sum(axis=0) / counts.sum()
    observed, expected = (counts * (counts - 1)).sum(axis=1).mean() / (n * (n - 1)), (shares**2).sum()
    return (observed - expected) / (1 - expected) if shares.max() < 1 else 1.0
