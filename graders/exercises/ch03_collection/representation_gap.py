"""Shares of groups in the data against a reference population, with intervals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

TABLE, UNCLEAR, ABSENT = "shares, gaps and intervals", "a gap inside the interval is unclear", "a group that nobody belongs to stays in the table"
SUMS, FOREIGN, EMPTY = "reference shares that do not sum to 1 are refused", "a group without a reference share is refused", "no items: refused"


def reference(groups: Sequence[str], population: dict[str, float]) -> pd.DataFrame:
    """A row per group of ``population``: share, low, high, gap, verdict; statsmodels' Wilson interval at 95 %.

    Raises ValueError for no items, for a group that ``population`` does not have, for shares that do not sum to 1 (to 1e-6).
    """
    if not len(groups):
        raise ValueError("there are no items")
    if not math.isclose(math.fsum(population.values()), 1, abs_tol=1e-6):
        raise ValueError("the population's shares must sum to 1")
    counts = pd.Series(list(groups)).value_counts()
    if not set(counts.index) <= set(population):
        raise ValueError("a group has no share in the population")
    rows = {}
    for group, due in population.items():
        count = int(counts.get(group, 0))
        low, high = proportion_confint(count, len(groups), alpha=0.05, method="wilson")
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": count / len(groups), "low": low, "high": high, "gap": count / len(groups) - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


def people(counts: dict[str, int], rng: np.random.Generator | None = None) -> list[str]:
    """A list with each group as often as ``counts`` says, shuffled where ``rng`` is given."""
    names = [group for group, count in counts.items() for _ in range(count)]
    return names if rng is None else rng.permutation(names).tolist()


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Verdicts that are clear, verdicts that are not, groups of nobody, then input that is refused."""
    yield Case(ABSENT, (people({"a": 400}), {"a": 0.75, "b": 0.25}))
    for _ in range(3):
        n = int(rng.integers(150, 400))
        yield Case(TABLE, (people({"north": 3 * n, "south": n}, rng), {"south": 0.45, "north": 0.55}))
        yield Case(TABLE, (people({"x": n, "y": 4 * n, "z": 5 * n}, rng), {"x": 0.3, "y": 0.2, "z": 0.5}))
        few = int(rng.integers(4, 9))
        yield Case(UNCLEAR, (people({"f": few, "m": few + 2}, rng), {"f": 0.52, "m": 0.48 + 1e-8}))
        yield Case(ABSENT, (people({"city": 100 * few, "town": 20 * few}, rng), {"city": 0.6, "island": 0.15, "town": 0.25}))
    yield Case(UNCLEAR, (["f", "m", "m"], {"f": 0.5, "m": 0.5}))
    yield Case(ABSENT, (people({"a": 30}), {"a": 0.5, "b": 0.5}))
    yield Case(SUMS, (people({"a": 3, "b": 2}), {"a": 0.5, "b": 0.4}), raises="ValueError")
    yield Case(SUMS, (people({"a": 3, "b": 2}), {"a": 0.5, "b": 0.5001}), raises="ValueError")
    yield Case(FOREIGN, (people({"a": 30, "c": 1}), {"a": 0.5, "b": 0.5}), raises="ValueError")


exercise = Exercise(
    id="representation_gap",
    title="The representation gap",
    points=4,
    minutes=15,
    hints=(
        "`Counter(groups)` counts; go through the groups of `population`, not through those that you counted, or the absent ones vanish.",
        "Wilson's interval: the centre is (p + z²/2n) / (1 + z²/n), half the width is z / (1 + z²/n) · √(p(1−p)/n + z²/4n²), "
        "with z = 1.959964.",
        "The verdict looks at the interval: \"under\" if it ends below the population's share, \"over\" if it begins above it, else \"unclear\".",
    ),
    compare=close(rtol=1e-5, atol=1e-7),  # z may be typed with six decimals
    reference=reference,
    public=(
        Case(TABLE, (people({"city": 160, "country": 40}), {"city": 0.5, "country": 0.5})),
        Case(UNCLEAR, (people({"city": 8, "country": 4}), {"city": 0.5, "country": 0.5})),
        Case(ABSENT, (people({"city": 300, "country": 300}), {"city": 0.4, "country": 0.4, "island": 0.2})),
        Case(SUMS, (people({"city": 3, "country": 1}), {"city": 50.0, "country": 50.0}), raises="ValueError"),
        Case(FOREIGN, (["city", "moon"], {"city": 0.5, "country": 0.5}), raises="ValueError"),
        Case(EMPTY, ([], {"city": 0.5, "country": 0.5}), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_numpy(groups, population):
    n, names = len(groups), list(population)
    due = np.array(list(population.values()), dtype=float)
    if n == 0 or abs(due.sum() - 1) > 1e-6 or not set(groups) <= set(names):
        raise ValueError("no items, an unknown group, or shares that do not sum to 1")
    share = np.array([list(groups).count(name) for name in names]) / n
    z2 = 1.959964**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2) / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    table = pd.DataFrame({"share": share, "low": centre - half, "high": centre + half, "gap": share - due}, index=names)
    table["verdict"] = np.select([table["high"] < due, table["low"] > due], ["under", "over"], "unclear")
    return table


@exercise.right
def with_a_loop(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.right
def with_a_warning(groups, population):
    import warnings

    if len(groups) < 30:
        warnings.warn("fewer than 30 items: hardly any gap can be shown", stacklevel=2)
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You used p ± z·√(p(1−p)/n). For a group that nobody belongs to it has width 0, as if three items had proved that the "
    "group does not exist. Wilson's interval (the equation in the statement) stays honest near 0 and 1.",
    share=0,
)
def wald(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        half = z * math.sqrt(p * (1 - p) / n)
        low, high = p - half, p + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You went through the groups that occur in the data. The group that is missing altogether is the widest gap of all, and "
    "your table does not mention it: go through the groups of `population`.",
    share=5 / 6,
)
def absent_dropped(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in ((g, d) for g, d in population.items() if counts[g]):
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "Your gap has the wrong sign: it is share in the data minus share in the population, so that a group that is missing "
    "has a negative gap.",
    share=0,
)
def gap_reversed(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": due - p, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You divided the shares. Here the gap is their difference: a ratio explodes for small groups, and its interval is "
    "another one.",
    share=0,
)
def ratio(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p / due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "Your numbers are in percent. Shares lie between 0 and 1, in the data as in the population.",
    share=0,
)
def in_percent(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": 100 * p, "low": 100 * low, "high": 100 * high, "gap": 100 * (p - due), "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You called every difference a gap. In a small sample nearly every share differs from the population's, by luck alone: "
    "only where the interval leaves the population's share out is the verdict \"over\" or \"under\".",
    share=5 / 6,
)
def verdict_by_sign(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if p < due else "over" if p > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You took reference shares that do not sum to 1. They are percentages, or a group is missing from the list; every gap "
    "computed from them is wrong. Check the sum first.",
    share=5 / 6,
)
def sums_not_checked(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You passed over items whose group has no share in the population. They stay in the total and make every other group "
    "look smaller: refuse them, and find out who they are.",
    share=5 / 6,
)
def foreign_ignored(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group, due in population.items():
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


@exercise.wrong(
    "You compared with equal shares for all groups. Whether a group is missing is a question about the population that the "
    "data should stand for, and that is the argument `population`.",
    share=0,
)
def equal_shares(groups, population):
    if len(groups) == 0:
        raise ValueError("there are no items")
    if abs(sum(population.values()) - 1) > 1e-6:
        raise ValueError("the population's shares must sum to 1")
    if not set(groups) <= set(population):
        raise ValueError("a group has no share in the population")
    n, z, counts, rows = len(groups), 1.959964, Counter(groups), {}
    for group in population:
        due = 1 / len(population)
        p = counts[group] / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = centre - half, centre + half
        verdict = "under" if high < due else "over" if low > due else "unclear"
        rows[group] = {"share": p, "low": low, "high": high, "gap": p - due, "verdict": verdict}
    return pd.DataFrame.from_dict(rows, orient="index")
