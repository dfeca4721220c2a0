"""Percentile bootstrap interval of Cohen's kappa."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from datacentric_helpers.compare import within
from graders.exercise import Case, Exercise

INTERVAL, SAME = "the middle 95 % of the resampled kappas", "identical annotators give (1, 1)"
UNDEFINED, REFUSED = "resamples without a kappa are left out", "unusable input is refused"

ENDS = np.array([0.025, 0.975])
POOL = 20_000

# 20 of 24 photos get the same label.
PHOTOS = (["cat"] * 12 + ["dog"] * 12, ["cat"] * 11 + ["dog"] * 10 + ["cat"] * 3)
# Spam is rare: how often both say "ok" by chance swings from resample to resample.
MAILS = (["ok"] * 78 + ["spam"] * 12, ["ok"] * 75 + ["spam"] * 6 + ["ok"] * 9)
# 18 of 20: more than one resample in ten holds no disagreement, so the upper end is 1 and the interval lopsided.
FEW = (["cat"] * 10 + ["dog"] * 10, ["cat"] * 11 + ["dog"] * 8 + ["bird"])
# 11 of 13 reports get "ok" twice, and the two that do not are a disagreement: every ninth resample sees neither of them.
RARE = (["ok"] * 11 + ["bug", "ok"], ["ok"] * 11 + ["ok", "bug"])


def reference(a: Sequence[str], b: Sequence[str], n_resamples: int, seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of Cohen's kappa over ``n_resamples`` resamples of the items (Efron 1979).

    Drawing n items with replacement draws the cells of the contingency table from a multinomial distribution, so no item is
    ever touched. Raises ValueError for different lengths, no items, missing labels, no resample, and where kappa is undefined.
    """
    if len(a) != len(b) or not len(a) or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("two lists of the same length, without missing labels, are due")
    if n_resamples < 1 or len({*a, *b}) == 1:
        raise ValueError("at least one resample and two different labels are due")
    low, high = np.quantile(_kappas(a, b, n_resamples, np.random.default_rng(seed)), ENDS)
    return float(low), float(high)


def _kappas(a: Sequence[str], b: Sequence[str], size: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Cohen's kappa of at most ``size`` resamples, those with two or more labels in use."""
    n, labels = len(a), sorted({*a, *b})
    cells = Counter(zip(a, b, strict=True))
    counts = rng.multinomial(n, np.array(list(cells.values())) / n, size=size)  # (size, n_cells)
    in_row, in_column = (np.array([[cell[side] == label for label in labels] for cell in cells]) for side in (0, 1))
    agreed = n * counts[:, [x == y for x, y in cells]].sum(axis=1)
    by_chance = ((counts @ in_row) * (counts @ in_column)).sum(axis=1)
    defined = by_chance < n * n
    kappas = (agreed[defined] - by_chance[defined]) / (n * n - by_chance[defined])
    return np.asarray(kappas, dtype=float)


def _case(name: str, a: Sequence[str], b: Sequence[str], n_resamples: int, seed: int) -> Case:
    """A case that says between what a right answer must lie, whatever its random numbers are.

    How many of B resampled kappas lie below the true p-quantile is binomial, with standard deviation sqrt(p (1 - p) / B) as a share.
    The p-quantile of B kappas therefore lies between the quantiles p ± 5 such deviations of a far larger pool, in all but
    one of a million runs, also where kappa takes a few values only.
    """
    pool = _kappas(a, b, POOL, np.random.default_rng([seed, POOL]))
    slack = 5 * np.sqrt(ENDS * (1 - ENDS) / n_resamples * POOL / len(pool))
    bounds = {"low": np.quantile(pool, ENDS - slack) - 1e-9, "high": np.quantile(pool, ENDS + slack) + 1e-9}
    return Case(name, (a, b, n_resamples, seed), expected=bounds)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then two careful and two careless annotators."""
    seed = int(rng.integers(1000))
    yield _case(SAME, ["b", "a"] * 20, ["b", "a"] * 20, 2000, seed)
    yield Case(SAME, (["b", "a"] * 20, ["b", "a"] * 20, 1, seed), expected={"low": np.ones(2) - 1e-9, "high": np.ones(2) + 1e-9})
    yield _case(UNDEFINED, [*"baaaaaa"], [*"baaaaaa"], 2000, seed)
    yield _case(UNDEFINED, RARE[1], RARE[0], 2500, seed)
    yield _case(INTERVAL, PHOTOS[1], PHOTOS[0], 4000, seed)
    yield _case(INTERVAL, MAILS[1], MAILS[0], 3000, seed)
    yield _case(INTERVAL, FEW[1], FEW[0], 3000, seed)
    for n_items, care in ((30, 0.9), (80, 0.5)):
        a = [*"abc", *rng.choice([*"abc"], n_items - 3, p=[0.4, 0.3, 0.3]).tolist()]
        b = [*"acb", *(x if rng.random() < care else str(rng.choice([*"abc"])) for x in a[3:])]
        yield _case(INTERVAL, a, b, 2500, seed)
    yield Case(REFUSED, ([], [], 100, 0), raises="ValueError")
    yield Case(REFUSED, (["cat"] * 2, ["cat"] * 2, 100, 0), raises="ValueError")
    yield Case(REFUSED, (["cat", "dog", "dog"], ["cat", "dog"], 100, 0), raises="ValueError")
    yield Case(REFUSED, (["cat", "dog"], ["cat", "dog"], -1, 0), raises="ValueError")
    yield Case(REFUSED, ([1.0, 2.0, math.nan], [1.0, 2.0, 2.0], 100, 0), raises="ValueError")


exercise = Exercise(
    id="bootstrap_ci",
    title="Bootstrap interval of kappa",
    points=3,
    minutes=10,
    hints=(
        "A resample is a list of item numbers: `rng.integers(0, n, n)` draws n of n items with replacement. Use the same numbers "
        "for both annotators.",
        "Draw all resamples at once, as an array of shape (n_resamples, n): then shares are means over axis 1, and no loop is needed.",
        "`np.nanpercentile` ignores NaN, so a resample with one label may simply be NaN.",
    ),
    compare=within(),
    reference=reference,
    public=(
        _case(INTERVAL, *PHOTOS, 2000, 0),
        _case(INTERVAL, PHOTOS[0] * 3, PHOTOS[1] * 3, 2000, 1),
        _case(INTERVAL, *MAILS, 2000, 0),
        _case(INTERVAL, *FEW, 2000, 0),
        _case(SAME, ["cat", "dog", "bird", "dog"] * 5, ["cat", "dog", "bird", "dog"] * 5, 2000, 0),
        _case(UNDEFINED, *RARE, 2000, 0),
        _case(UNDEFINED, ["ok"] * 5 + ["bug"], ["ok"] * 5 + ["bug"], 2000, 0),
        Case(REFUSED, (["cat", "dog"], ["cat"], 100, 0), raises="ValueError"),
        Case(REFUSED, (["cat", "dog"], ["cat", "dog"], 0, 0), raises="ValueError"),
        Case(REFUSED, (["cat", "cat"], ["cat", "cat"], 100, 0), raises="ValueError"),
        Case(REFUSED, (["cat", "dog", None], ["cat", "dog", "dog"], 100, 0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_loop_over_tables(a, b, n_resamples, seed):
    n = len(a)
    if n != len(b) or n == 0 or n_resamples < 1 or len(set(a) | set(b)) < 2 or any(pd.isna(x) for x in [*a, *b]):
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    codes = {label: code for code, label in enumerate(dict.fromkeys([*a, *b]))}
    k = len(codes)
    cell = np.array([codes[x] * k + codes[y] for x, y in zip(a, b)])
    kappas = []
    for _ in range(n_resamples):
        table = np.bincount(cell[rng.integers(n, size=n)], minlength=k * k).reshape(k, k) / n
        chance = table.sum(1) @ table.sum(0)
        if chance < 1 - 1e-9:
            kappas.append((table.trace() - chance) / (1 - chance))
    kappas.sort()
    return kappas[int(0.025 * len(kappas))], kappas[int(0.975 * len(kappas))]


@exercise.right
def with_a_division_that_warns(a, b, n_resamples, seed):
    import warnings

    if len(a) != len(b) or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable labels")
    if n_resamples <= 0 or len(set(a) | set(b)) <= 1:
        raise ValueError("kappa is undefined, or nothing to resample")
    warnings.warn("this takes a moment", stacklevel=2)
    rng = np.random.default_rng(seed)
    a, b = np.array(a), np.array(b)
    drawn = rng.choice(len(a), (n_resamples, len(a)))
    a, b = a[drawn], b[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in set(np.unique(a)) | set(np.unique(b)))
    chance[(a == a[:, :1]).all(1) & (b == a[:, :1]).all(1)] = np.nan
    kappas = (observed - chance) / (1 - chance)
    return np.nanpercentile(kappas, [2.5, 97.5])


@exercise.wrong(
    "You draw other items for `a` than for `b`, so the labels of different items meet and kappa falls to about 0. "
    "Draw the items once, and take both labels of each.",
    share=0,
)
def drawn_apart(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[rng.integers(0, n, (n_resamples, n))]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return tuple(np.percentile(kappas, [2.5, 97.5]))


@exercise.wrong(
    "Your interval has next to no width. Either you draw without replacement, which gives the same items in another "
    "order, or you divide by the root of the number of resamples, which tells how long you computed. The width comes "
    "from resampling with replacement.",
    share=1 / 2,
)
def without_replacement(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.permuted(np.tile(np.arange(n), (n_resamples, 1)), axis=1)
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return tuple(np.percentile(kappas, [2.5, 97.5]))


@exercise.wrong(
    "You cut 5 % off at each end, which leaves 90 %. For 95 % in the middle, cut 2.5 % off at each end.",
    share=3 / 4,
)
def ninety_per_cent(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return tuple(np.percentile(kappas, [5, 95]))


@exercise.wrong(
    "Mean ± 1.96 standard deviations takes the resampled kappas for a bell curve. They are lopsided where agreement "
    "is high or items are few, and the upper end can pass 1: read the percentiles off the resamples themselves.",
    share=1 / 2,
)
def as_if_normal(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return kappas.mean() - 1.96 * kappas.std(), kappas.mean() + 1.96 * kappas.std()


@exercise.wrong(
    "This is the interval of the percent agreement. Correct for chance in every resample, with the shares of that "
    "resample.",
    share=1 / 2,
)
def agreement_instead_of_kappa(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    return tuple(np.percentile((a == b).mean(1), [2.5, 97.5]))


@exercise.wrong(
    "You computed the expected agreement once, from all items. Its shares vary with the sample too: compute it anew "
    "in every resample.",
    share=1 / 2,
)
def chance_held_fixed(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    chance = sum(a.count(label) * b.count(label) for label in labels) / n**2
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    return tuple(np.percentile(((a == b).mean(1) - chance) / (1 - chance), [2.5, 97.5]))


@exercise.wrong(
    "Your resamples are smaller than the data, so the interval is too wide. A resample has as many items as the data, "
    "n of n.",
    share=1 / 2,
)
def half_the_items(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n // 2))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return tuple(np.percentile(kappas, [2.5, 97.5]))


@exercise.wrong(
    "A resample in which only one label occurs has no kappa, 0 / 0. You count it as 1, which lifts the upper end: "
    "leave it out.",
    share=3 / 4,
)
def undefined_is_one(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    undefined = chance > 1 - 1e-9
    kappas = np.where(undefined, 1.0, (observed - chance) / np.where(undefined, 1.0, 1 - chance))
    return tuple(np.percentile(kappas, [2.5, 97.5]))


@exercise.wrong(
    "A resample in which only one label occurs has no kappa, 0 / 0. You count it as 0, which pulls an end of the "
    "interval to 0: leave it out.",
    share=3 / 4,
)
def undefined_is_zero(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    undefined = chance > 1 - 1e-9
    kappas = np.where(undefined, 0.0, (observed - chance) / np.where(undefined, 1.0, 1 - chance))
    return tuple(np.percentile(kappas, [2.5, 97.5]))


@exercise.wrong(
    "One resample without a kappa, 0 / 0, turns your whole interval into NaN. Leave such resamples out, by a mask or "
    "with `np.nanpercentile`.",
    share=3 / 4,
)
def undefined_spreads(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    undefined = chance > 1 - 1e-9
    kappas = np.where(undefined, np.nan, (observed - chance) / np.where(undefined, 1.0, 1 - chance))
    return tuple(np.percentile(kappas, [2.5, 97.5]))


@exercise.wrong(
    "The ends have changed places: return the lower end first.",
    share=1 / 2,
)
def upper_end_first(a, b, n_resamples, seed):
    if len(a) != len(b) or not a or n_resamples < 1 or len({*a, *b}) < 2 or pd.isna(pd.Series([*a, *b], dtype=object)).any():
        raise ValueError("unusable input")
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = np.array(a)[drawn], np.array(b)[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return tuple(np.percentile(kappas, [97.5, 2.5]))


@exercise.wrong(
    "Unusable input goes through, or stops you somewhere else. Compare lengths, look for missing labels, and raise "
    "ValueError where there is no kappa to resample.",
    share=3 / 4,
)
def input_not_checked(a, b, n_resamples, seed):
    rng, labels, n = np.random.default_rng(seed), sorted({*a, *b}), len(a)
    if n == 0 or n_resamples < 1:
        return math.nan, math.nan
    drawn = rng.integers(0, n, (n_resamples, n))
    a, b = pd.Series(a, dtype=object).to_numpy()[drawn], pd.Series(b[:n] + a[len(b):], dtype=object).to_numpy()[drawn]
    observed = (a == b).mean(1)
    chance = sum((a == label).mean(1) * (b == label).mean(1) for label in labels)
    defined = chance < 1 - 1e-9
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    return tuple(np.percentile(kappas, [2.5, 97.5])) if len(kappas) else (math.nan, math.nan)
