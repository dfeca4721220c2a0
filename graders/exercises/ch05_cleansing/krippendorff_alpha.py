"""Krippendorff's alpha: any number of raters, four levels of measurement, missing ratings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, get_args

import krippendorff
import numpy as np
from numpy.typing import NDArray

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

NOMINAL, ORDINAL, METRIC = "nominal ratings", "ordinal ratings", "interval and ratio ratings"
MISSING, UNDEFINED, REFUSED = "missing ratings", "one single value gives nan", "unusable input is refused"
NAN = math.nan
Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[Level, ...] = get_args(Level)

# Krippendorff's canonical table, 4 observers x 12 units: alpha nominal 0.743, ordinal 0.815, interval 0.849, ratio 0.797.
CANONICAL = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
])
# 38 of 40 units get the same value from both raters: 95 % agreement, and alpha is below zero.
FREQUENT = np.array([[1.0, 0.0] + [0.0] * 38, [0.0, 1.0] + [0.0] * 38])
GRADES = np.array([[1.0, 1.0, 2.0, 5.0, 5.0, 2.0], [1.0, 2.0, 2.0, 5.0, 2.0, 2.0], [1.0, 1.0, 5.0, 5.0, 5.0, 2.0]])
LENGTHS = np.array([[0.0, 2.0, 10.0, 40.0], [0.0, 3.0, 12.0, 30.0]])


def reference(ratings: NDArray[Any], level: Level) -> float:
    """Krippendorff's alpha (Krippendorff 2004, ch. 11) by the package krippendorff; at most 1, 0 = as by chance.

    ``ratings`` (n_raters, n_units), NaN = not rated. Raises ValueError for an unknown ``level``, a shape other than 2-D,
    infinite values, negative ones at ratio level, and where no unit has two ratings; nan where all pairable values are equal.
    """
    table = np.asarray(ratings, dtype=float)
    if level not in LEVELS or table.ndim != 2:
        raise ValueError("a table (n_raters, n_units) and one of the four levels are due")
    if any(math.isinf(x) or (level == "ratio" and x < 0) for x in table.flat):
        raise ValueError("a rating lies outside the scale")
    pairable = [unit for unit in table.T.tolist() if sum(not math.isnan(x) for x in unit) > 1]
    if len({x for unit in pairable for x in unit if not math.isnan(x)}) == 1:
        return NAN
    return float(krippendorff.alpha(np.array(pairable).T, level_of_measurement=level))  # a ValueError for no units at all


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random tables at every level, complete and with missing ratings."""
    yield Case(NOMINAL, (np.array([[1.0, 2.0], [1.0, 2.0]]), "nominal"))
    yield Case(NOMINAL, (np.array([[1.0, 2.0], [2.0, 1.0]]), "nominal"))
    for level in LEVELS:
        name = {"nominal": NOMINAL, "ordinal": ORDINAL}.get(level, METRIC)
        low = -3 if level == "interval" else 0
        for n_raters, n_units in ((2, 8), (4, 15)):
            table = _table(rng, n_raters, n_units, low)
            yield Case(name, (table, level))
            yield Case(MISSING, (_with_gaps(rng, table), level))
    yield Case(MISSING, (np.array([[1, 2, 9, NAN], [1, 3, NAN, NAN], [2, NAN, NAN, NAN]]), "interval"))
    yield Case(METRIC, (np.array([[0.1, 0.2, 0.2], [0.1, 0.3, 0.2]]), "interval"))
    yield Case(UNDEFINED, (np.array([[3.0], [3.0]]), "ordinal"))
    yield Case(UNDEFINED, (np.array([[2, 2, 5], [2, 2, NAN]]), "interval"))
    yield Case(UNDEFINED, (np.zeros((3, 2)), "ratio"))
    yield Case(REFUSED, (np.array([[1, NAN], [NAN, 2]]), "interval"), raises="ValueError")
    yield Case(REFUSED, (np.zeros((2, 0)), "nominal"), raises="ValueError")
    yield Case(REFUSED, (np.zeros((2, 2, 2)), "nominal"), raises="ValueError")
    yield Case(REFUSED, (np.array([[1, math.inf, 3], [1, 2, 2]]), "nominal"), raises="ValueError")
    yield Case(REFUSED, (np.array([[1, 2, 3], [1, 2, -math.inf]]), "ordinal"), raises="ValueError")


def _table(rng: np.random.Generator, n_raters: int, n_units: int, low: int) -> NDArray[Any]:
    """Ratings around a true value per unit, on a scale with gaps (low, low + 1, low + 2, low + 5, low + 9)."""
    scale = low + np.array([0.0, 1.0, 2.0, 5.0, 9.0])
    true = np.arange(n_units) % 5
    slips = rng.choice([-1, 0, 1], (n_raters, n_units), p=[0.2, 0.6, 0.2])
    slips[0, 0], slips[1:, 0] = 0, 1
    return np.asarray(scale[np.clip(true + slips, 0, 4)])


def _with_gaps(rng: np.random.Generator, table: NDArray[Any]) -> NDArray[Any]:
    """``table`` with every fifth rating missing, one unit rated by nobody, and one rated once, with the highest value."""
    holes = np.where(rng.random(table.shape) < 0.2, NAN, table)
    holes[:2, :3] = table[:2, :3]
    single, nobody = np.full((len(table), 1), NAN), np.full((len(table), 1), NAN)
    single[0] = table.max()
    return np.hstack([holes, single, nobody])


exercise = Exercise(
    id="krippendorff_alpha",
    title="Krippendorff's alpha",
    points=5,
    minutes=15,
    hints=(
        "Go unit by unit (`ratings.T`), keep the values that are there, and put aside units with fewer than two: "
        "they hold no pair, so they count nowhere.",
        "Observed: in a unit with m values every ordered pair weighs 1/(m − 1). Expected: every ordered pair of different "
        "ratings among all n pairable values, regardless of the unit, weighs 1/(n − 1).",
        "Ordinal distance: sort all pairable values; a value's mid-rank is (how many lie below) + (how many are equal) / 2. "
        "The distance is the difference of the two mid-ranks, squared.",
    ),
    compare=close(),  # sums over at most a few thousand pairs: right answers differ by rounding only
    reference=reference,
    public=(
        Case(NOMINAL, (np.array([[1.0, 2.0, 3.0, 3.0], [1.0, 2.0, 3.0, 2.0]]), "nominal")),
        Case(NOMINAL, (FREQUENT, "nominal")),
        Case(ORDINAL, (GRADES, "ordinal")),
        Case(METRIC, (GRADES, "interval")),
        Case(METRIC, (LENGTHS, "ratio")),
        *(Case(MISSING, (CANONICAL, level)) for level in LEVELS),
        Case(UNDEFINED, (np.array([[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]), "nominal")),
        Case(REFUSED, (np.array([[1.0, 2.0], [1.0, 2.0]]), "metric"), raises="ValueError"),
        Case(REFUSED, (np.array([1.0, 2.0, 2.0]), "nominal"), raises="ValueError"),
        Case(REFUSED, (np.array([[1.0, 2.0, 2.0]]), "nominal"), raises="ValueError"),
        Case(REFUSED, (np.array([[1.0, -0.5], [1.0, 2.0]]), "ratio"), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_coincidences(ratings, level):
    ratings = np.asarray(ratings, dtype=float)
    if ratings.ndim != 2 or np.isinf(ratings).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (ratings < 0).any():
        raise ValueError("a ratio scale starts at 0")
    kept = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    if kept.size == 0:
        raise ValueError("no unit has two ratings")
    values = np.unique(kept[~np.isnan(kept)])
    counts = np.array([(kept == value).sum(axis=0) for value in values])  # (n_values, n_units)
    weighted = counts / (counts.sum(axis=0) - 1)
    together = weighted @ counts.T - np.diag(weighted.sum(axis=1))
    n = counts.sum(axis=1)
    c, k = np.meshgrid(values, values)
    middle = np.cumsum(n) - n / 2
    distance = {
        "nominal": lambda: (c != k) * 1.0,
        "ordinal": lambda: np.subtract.outer(middle, middle) ** 2,
        "interval": lambda: (c - k) ** 2,
        "ratio": lambda: ((c - k) / np.where(c == k, 1, c + k)) ** 2,
    }[level]()
    by_chance = (np.outer(n, n) * distance).sum() / (n.sum() - 1)
    return 1 - (together * distance).sum() / by_chance if by_chance else np.nan


@exercise.right
def pair_by_pair(ratings, level):
    units = [[x for x in unit if x == x] for unit in np.atleast_2d(ratings).T.tolist()]
    pot = sorted(x for unit in units for x in unit if len(unit) > 1)
    if np.ndim(ratings) != 2 or len(pot) == 0 or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("no table, no unit with two ratings, or an unknown level")
    if any(abs(x) == math.inf or (level == "ratio" and x < 0) for unit in units for x in unit):
        raise ValueError("a rating lies outside the scale")
    times = Counter(pot)

    def distance(c, k):
        if c == k or level == "nominal":
            return float(c != k)
        if level == "ordinal":
            between = sum(times[g] for g in times if min(c, k) <= g <= max(c, k))
            return (between - (times[c] + times[k]) / 2) ** 2
        return ((c - k) / (c + k if level == "ratio" else 1)) ** 2

    expected = sum(times[c] * times[k] * distance(c, k) for c in times for k in times) / (len(pot) - 1)
    observed = sum(distance(c, k) / (len(unit) - 1) for unit in units if len(unit) > 1 for c in unit for k in unit)
    return 1 - observed / expected if expected else math.nan


@exercise.right
def with_a_warning(ratings, level):
    import warnings

    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if len(pot) < table.size:
        warnings.warn("some ratings are missing or have no partner", stacklevel=2)
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "The table was read the wrong way round. Each row is a rater and each column a unit: values are compared within a"
    " column, so loop over `ratings.T`.",
    share=0,
)
def transposed(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "Missing ratings became zeros, so your table holds judgements that nobody made, and raters \"agree\" on what they "
    "skipped. Leave NaN out: alpha compares only what is there.",
    share=3 / 6,
)
def missing_as_zero(ratings, level):
    table = np.nan_to_num(np.asarray(ratings, dtype=float), posinf=math.inf, neginf=-math.inf)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "You dropped every unit with a gap. Two ratings are enough for a pair: a unit leaves only when fewer than two "
    "ratings are in it. Throwing away the rest wastes paid work and can bias the result.",
    share=5 / 6,
)
def complete_units_only(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if len(unit) > 1 and not np.isnan(unit).any()]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "A unit with one rating has no pair, yet its value still feeds your expected disagreement. Drop such units before"
    " you count how often each value occurs.",
    share=4 / 6,
)
def single_ratings_kept(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).any()]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if not any(len(unit) > 1 for unit in units):
        raise ValueError("no unit has two ratings")
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    pairs = [unit for unit in units if len(unit) > 1]
    observed = sum(total(unit) / (len(unit) - 1) for unit in pairs) / len(np.concatenate(pairs))
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "You treat ordinal values as if the steps between them were equal (5 − 1 = 4). An order has no such steps: the "
    "distance counts how many ratings lie between two values.",
    share=4 / 6,
)
def ordinal_as_interval(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "Your ordinal distance is the difference of places in the sorted list of values. Krippendorff's counts ratings, "
    "not values: a grade used often moves its neighbours further apart than one that is hardly used.",
    share=4 / 6,
)
def ordinal_places(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if level == "ordinal":
        units = [np.searchsorted(np.unique(pot), unit) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "Your expected disagreement lets a rating be paired with itself (n² pairs). Krippendorff draws without putting "
    "back, n(n − 1) pairs: with few units that is a visible difference.",
    share=2 / 6,
)
def drawn_with_replacement(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / len(pot) ** 2
    return 1 - observed / expected if expected else math.nan


@exercise.wrong(
    "Where all raters give one and the same value you answer 1. Observed and expected disagreement are then both 0, "
    "and alpha is 1 − 0/0: without variation nothing was put to the test. Return nan.",
    share=5 / 6,
)
def single_value_is_perfect(ratings, level):
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("a 2-D table of finite numbers and one of the four levels are due")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale starts at 0")
    units = [unit[~np.isnan(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    pot = np.concatenate(units)  # a ValueError where there are no units
    if level == "ordinal":
        units = [np.array([(pot < x).sum() + (pot == x).sum() / 2 for x in unit]) for unit in units]
        pot = np.concatenate(units)

    def total(values):
        gap = np.subtract.outer(values, values)
        if level == "nominal":
            return (gap != 0).sum()
        return ((gap / np.where(gap == 0, 1, np.add.outer(values, values)) if level == "ratio" else gap) ** 2).sum()

    observed = sum(total(unit) / (len(unit) - 1) for unit in units) / len(pot)
    expected = total(pot) / (len(pot) * (len(pot) - 1))
    return 1 - observed / expected if expected else 1.0
