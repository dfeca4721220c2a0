"""Full-domain generalisation: the fewest steps up the hierarchies, with few rows suppressed, that make a table k-anonymous."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Hierarchies = Mapping[str, Sequence[Mapping[Any, Any]]]

FEWEST, SUPPRESSED = "the fewest steps in all", "rows of small classes are suppressed, up to the limit"
TIES, OTHERS = "ties: fewer suppressed rows, then the earlier columns stay finer", "other columns and the order of the rows stay"
REFUSED = "what cannot be reached, or has no place, is refused"

AGES = [
    {age: f"{age // 5 * 5}-{age // 5 * 5 + 4}" for age in range(20, 60)},
    {age: f"{age // 10 * 10}s" for age in range(20, 60)},
    {age: "*" for age in range(20, 60)},
]
PLACES = [
    {"gangnam": "seoul", "mapo": "seoul", "suyeong": "busan", "haeundae": "busan"},
    dict.fromkeys(["gangnam", "mapo", "suyeong", "haeundae"], "*"),
]
VISITS = pd.DataFrame({
    "age": [21, 24, 22, 33, 34, 47],
    "place": ["mapo", "mapo", "gangnam", "suyeong", "suyeong", "mapo"],
    "ward": ["eye", "ear", "eye", "skin", "eye", "ear"],
})
LADDER = {"age": AGES, "place": PLACES}
DOWN = {"x": [{1: "a", 2: "a", 3: "b"}, {1: "*", 2: "*", 3: "*"}]}


def reference(df: pd.DataFrame, hierarchies: Hierarchies, k: int, max_suppressed: int) -> tuple[dict[str, int], pd.DataFrame]:
    """The levels (steps up, per column) and the table without suppressed rows; every combination of levels is tried, lowest first.

    Raises ValueError where none reaches ``k``, or a hierarchy does not know a value.
    """
    for column, steps in hierarchies.items():
        if any(value not in step for step in steps for value in df[column]):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    lattice = itertools.product(*([*range(len(steps)), len(steps)] for steps in hierarchies.values()))
    candidates = []
    for levels in lattice:
        ladders = [[{v: v for v in df[c]}, *steps][level] for (c, steps), level in zip(hierarchies.items(), levels)]
        rows = [tuple(ladder[v] for ladder, v in zip(ladders, row)) for row in zip(*(df[c] for c in hierarchies))]
        kept = [i for i, row in enumerate(rows) if rows.count(row) >= k]
        if len(rows) - len(kept) <= max_suppressed:
            candidates.append((sum(levels), -len(kept), levels, rows, kept))
    if not candidates:
        raise ValueError("k cannot be reached")
    _steps, _kept, levels, rows, kept = sorted(candidates)[0]
    columns = {c: [rows[i][j] for i in kept] for j, c in enumerate(hierarchies)}
    table = pd.DataFrame({c: columns.get(c, df[c].iloc[kept].tolist()) for c in df.columns}, index=df.index[kept])
    return dict(zip(hierarchies, levels)), table


def visits(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """``n`` invented visits; ages and places as in the public cases."""
    return pd.DataFrame({
        "age": rng.integers(20, 40, n), "place": rng.choice(list(PLACES[0]), n), "ward": rng.choice(["eye", "ear", "skin"], n),
        "sex": rng.choice(["f", "m"], n),
    })


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random tables."""
    sexes = {"sex": [{"f": "*", "m": "*"}]}
    yield Case(FEWEST, (VISITS, LADDER, 1, 0))
    yield Case(FEWEST, (VISITS, LADDER, 6, 0))
    yield Case(FEWEST, (pd.DataFrame({"x": [1, 2, 3, 3]}), DOWN, 2, 0))
    crossed = pd.DataFrame({"a": [1, 1, 2, 2], "b": ["p", "q", "p", "q"]})
    stars = {"a": [{1: "*", 2: "*", 3: "*"}], "b": [{"p": "P", "q": "Q", "r": "R"}, {"p": "*", "q": "*", "r": "*"}]}
    yield Case(FEWEST, (crossed, stars, 2, 0))
    yield Case(FEWEST, (visits(rng, 25), LADDER | sexes, 3, 0))
    yield Case(FEWEST, (visits(rng, 40), sexes | LADDER, 2, 0))
    yield Case(SUPPRESSED, (pd.DataFrame({"x": [1, 1, 3]}), DOWN, 2, 1))
    yield Case(SUPPRESSED, (pd.concat([crossed, pd.DataFrame({"a": [3], "b": ["r"]})], ignore_index=True), stars, 2, 1))
    uneven = pd.DataFrame({"a": [1, 1, 1, 2, 2, 2], "b": [1, 1, 1, 1, 1, 2]})
    yield Case(SUPPRESSED, (uneven, {"b": [{1: "*", 2: "*"}], "a": [{1: "*", 2: "*"}]}, 3, 2))
    yield Case(SUPPRESSED, (visits(rng, 30), LADDER | sexes, 3, 2))
    yield Case(SUPPRESSED, (visits(rng, 30), LADDER | sexes, 4, 6))
    equal = pd.DataFrame({"a": [1, 2, 1, 2], "b": [1, 1, 2, 2]})
    halves = [{1: "*", 2: "*"}]
    yield Case(TIES, (equal, {"a": halves, "b": halves}, 2, 0))
    yield Case(TIES, (equal[["b", "a"]], {"b": halves, "a": halves}, 2, 0))
    yield Case(TIES, (uneven.assign(b=[2, 2, 2, 2, 2, 1]), {"b": halves, "a": halves}, 3, 2))
    yield Case(TIES, (uneven.assign(a=[1, 1, 2, 2, 3, 3], b=[1, 2, 1, 2, 1, 1]), {"b": halves, "a": [{1: "u", 2: "u", 3: "v"}]}, 2, 2))
    yield Case(TIES, (visits(rng, 24), sexes | LADDER, 2, 5))
    yield Case(OTHERS, (visits(rng, 20)[["ward", "place", "sex", "age"]], {"place": PLACES}, 4, 3))
    yield Case(OTHERS, (visits(rng, 20)[["ward", "age", "sex", "place"]], {"age": AGES}, 4, 5))
    yield Case(REFUSED, (VISITS.iloc[:3], LADDER, 4, 0), raises="ValueError")
    yield Case(REFUSED, (visits(rng, 12), {"age": AGES[:1], "place": []}, 12, 3), raises="ValueError")
    yield Case(REFUSED, (VISITS.assign(age=[21, 24, 22, 33, 34, 77]), LADDER, 1, 0), raises="ValueError")
    yield Case(REFUSED, (VISITS, {"age": [AGES[0], {21: "*"}], "place": PLACES}, 1, 0), raises="ValueError")


exercise = Exercise(
    id="generalize",
    title="Generalising to reach k",
    points=5,
    minutes=20,
    hints=(
        "`itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values()))` gives every combination of levels.",
        "Level 0 leaves a column alone; level i maps the original values by `hierarchies[column][i - 1]`.",
        "`table.groupby(columns)[column].transform(\"size\")` tells each row the size of its class.",
        "Rank what passes by the tuple (sum of levels, suppressed rows, levels): `min` of such tuples is the answer.",
    ),
    compare=exact(),  # levels are whole numbers, values are copied
    reference=reference,
    public=(
        Case(FEWEST, (VISITS, LADDER, 2, 1)),
        Case(FEWEST, (VISITS, LADDER, 2, 0)),
        Case(SUPPRESSED, (VISITS, {"age": AGES[:2]}, 3, 3)),
        Case(TIES, (pd.DataFrame({"a": [1, 2], "b": [1, 2]}), {"a": [{1: "*", 2: "*"}], "b": [{1: "*", 2: "*"}]}, 2, 0)),
        Case(TIES, (pd.DataFrame({"a": [1, 2, 1, 2], "b": [1, 1, 2, 2]}), {"a": [{1: "*", 2: "*"}], "b": [{1: "*", 2: "*"}]}, 2, 0)),
        Case(OTHERS, (VISITS, {"place": PLACES}, 2, 1)),
        Case(REFUSED, (VISITS, LADDER, 7, 0), raises="ValueError"),
        Case(REFUSED, (VISITS, {"place": [{"mapo": "seoul"}]}, 2, 3), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_one_best(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.right
def height_by_height(df, hierarchies, k, max_suppressed):
    def climb(levels):
        table = df.copy()
        for column, level in levels.items():
            if level:
                table[column] = df[column].map(hierarchies[column][level - 1].get)
        return table

    def safe(table):
        counts = table[list(hierarchies)].value_counts()
        return [counts[tuple(row)] >= k for row in table[list(hierarchies)].itertuples(index=False)]

    unknown = [c for c, steps in hierarchies.items() for step in steps for value in df[c] if value not in step]
    if unknown:
        raise ValueError(f"no place for some value of {unknown[0]}")
    tops = [len(steps) for steps in hierarchies.values()]
    for height in range(sum(tops) + 1):
        level_sets = [levels for levels in itertools.product(*(range(top + 1) for top in tops)) if sum(levels) == height]
        tables = [(levels, climb(dict(zip(hierarchies, levels)))) for levels in level_sets]
        passing = [(len(df) - sum(safe(t)), levels, t) for levels, t in tables if len(df) - sum(safe(t)) <= max_suppressed]
        if passing:
            _, levels, table = sorted(passing, key=lambda entry: entry[:2])[0]
            return dict(zip(hierarchies, levels)), table[safe(table)]
    raise ValueError("out of reach")


@exercise.right
def with_a_warning(df, hierarchies, k, max_suppressed):
    import warnings

    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    if best[0][1]:
        warnings.warn(f"{best[0][1]} rows were suppressed", stacklevel=2)
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.wrong(
    "You stop at the first combination that passes. `product` turns the last column all the way up before it touches the "
    "first: rank the candidates by the sum of their levels.",
    share=2 / 5,
)
def first_that_passes(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and best is None:
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.wrong(
    "You never suppress a row, so a single unusual person pushes everybody up the hierarchy. Up to `max_suppressed` rows "
    "of small classes may go.",
    share=0,
)
def nothing_suppressed(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost == 0 and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.wrong(
    "The levels are right, but the rows of small classes are still in your table. They are what suppression takes out.",
    share=0,
)
def small_classes_stay(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.wrong(
    "You ask for classes larger than k. k-anonymity is reached when a class has k rows: `>=`.",
    share=0,
)
def one_more_than_k(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] > k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.wrong(
    "You compare rows in all columns of the table, the ones that are no quasi-identifiers too. Only the columns with a "
    "hierarchy make the classes.",
    share=0,
)
def sensitive_column_counted(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in df.columns)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]


@exercise.wrong(
    "You go up in the column with the most different values until k is reached (the Datafly heuristic). It is quick, but "
    "may climb higher than needed: compare all combinations.",
    share=2 / 5,
)
def widest_column_first(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    levels = dict.fromkeys(hierarchies, 0)
    while True:
        table = df.copy()
        for column, level in levels.items():
            table[column] = [hierarchies[column][level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        if kept.count(False) <= max_suppressed:
            return levels, table[kept]
        open_columns = [column for column in levels if levels[column] < len(hierarchies[column])]
        if not open_columns:
            raise ValueError("k cannot be reached")
        widest = max(open_columns, key=lambda column: table[column].nunique())
        levels[widest] += 1


@exercise.wrong(
    "Among combinations with equally many steps you take the first. Rank those by the rows that they suppress before you "
    "look at the levels.",
    share=3 / 5,
)
def ties_by_levels(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if any(set(df[column]) - set(step) for step in steps):
            raise ValueError(f"a value of {column!r} has no place in its hierarchy")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1][value] if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][1])), best[1]


@exercise.wrong(
    "A value without a place in the hierarchy became missing without a word. Its owner stands alone, or is merged with "
    "everybody else who was forgotten: raise ValueError.",
    share=4 / 5,
)
def unknown_values_vanish(df, hierarchies, k, max_suppressed):
    for column, steps in hierarchies.items():
        if column not in df.columns:
            raise ValueError(f"there is no column {column!r}")
    best = None
    for levels in itertools.product(*(range(len(steps) + 1) for steps in hierarchies.values())):
        table = df.copy()
        for (column, steps), level in zip(hierarchies.items(), levels):
            table[column] = [steps[level - 1].get(value) if level else value for value in df[column]]
        keys = list(zip(*(table[column] for column in hierarchies)))
        sizes = Counter(keys)
        kept = [sizes[key] >= k for key in keys]
        lost = kept.count(False)
        rank = (sum(levels), lost, levels)
        if lost <= max_suppressed and (best is None or rank < best[0]):
            best = rank, table[kept]
    if best is None:
        raise ValueError("k cannot be reached")
    return dict(zip(hierarchies, best[0][2])), best[1]
