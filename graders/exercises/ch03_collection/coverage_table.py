"""Planned and captured conditions side by side: which combinations are still to be recorded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Levels = dict[str, list[Any]]

COUNTS = "captured counts the recordings of each combination"
EMPTY = "a combination without recordings stays, with 0"
SURPLUS = "a surplus in one combination fills no gap in another"
OUTSIDE = "recordings outside the plan are counted apart"
ORDER = "rows follow the plan and are numbered from 0"
REFUSED = "a plan or table that does not fit is refused"


def reference(captured: pd.DataFrame, plan: pd.DataFrame) -> dict[str, Any]:
    """Each recording goes through the plan's rows until one fits.

    Raises ValueError for a combination that is planned twice, for a plan of nothing, and for a condition that was not recorded.
    """
    factors = [str(name) for name in plan.columns if name != "planned"]
    rows = [tuple(plan[name].iloc[i] for name in factors) for i in range(len(plan))]
    planned = plan["planned"].tolist()
    if len(set(rows)) < len(rows) or sum(planned) == 0 or not set(factors) <= set(captured.columns):
        raise ValueError("the plan needs different combinations, something to record, and its conditions as columns of captured")
    counts, outside = [0] * len(rows), 0
    for i in range(len(captured)):
        recording = tuple(captured[name].iloc[i] for name in factors)
        if recording in rows:
            counts[rows.index(recording)] += 1
        else:
            outside += 1
    table = plan.reset_index(drop=True)
    table["captured"] = counts
    table["short"] = [max(due - there, 0) for due, there in zip(planned, counts)]
    coverage = sum(min(due, there) for due, there in zip(planned, counts)) / sum(planned)
    return {"table": table, "coverage": coverage, "outside": outside}


def planned(levels: Levels, each: int | list[int]) -> pd.DataFrame:
    """A plan of all combinations of ``levels``."""
    return pd.DataFrame(list(product(*levels.values())), columns=list(levels)).assign(planned=each)


def recorded(*rows: tuple[Any, ...], columns: tuple[str, ...] = ("light", "distance")) -> pd.DataFrame:
    """Recordings, one tuple of conditions each, with a file name."""
    return pd.DataFrame(list(rows), columns=list(columns)).assign(file=[f"r{i:02d}.jpg" for i in range(len(rows))])


def fieldwork(rng: np.random.Generator, n: int, levels: Levels, full: bool) -> pd.DataFrame:
    """``n`` recordings at random; with ``full`` first one of every combination, so that none is empty."""
    picks = {name: rng.choice(np.array(values, dtype=object), n, p=_uneven(len(values))) for name, values in levels.items()}
    table = pd.DataFrame(picks)
    if full:
        table = pd.concat([planned(levels, 1).drop(columns="planned"), table], ignore_index=True)
    return table.sample(frac=1, random_state=int(rng.integers(1 << 30)))


def _uneven(k: int) -> np.ndarray[Any, Any]:
    weights = 1.0 / np.arange(1, k + 1)
    return np.asarray(weights / weights.sum())


TWO: Levels = {"light": ["day", "night"], "distance": ["near", "far"]}
THREE: Levels = {"voice": ["low", "high"], "room": ["quiet", "car", "street"], "metres": [1, 0, 3]}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nothing recorded, one condition alone, full and gappy fieldwork, surplus, strangers, other orders, then what is refused."""
    yield Case(EMPTY, (recorded(), planned(TWO, 2)))
    yield Case(EMPTY, (fieldwork(rng, 4, THREE, False), planned(THREE, 5)))
    yield Case(EMPTY, (recorded(("day", "near"), ("night", "far")), planned(TWO, [1, 2, 3, 1])))
    yield Case(COUNTS, (fieldwork(rng, 30, THREE, True), planned(THREE, 50)))
    yield Case(COUNTS, (fieldwork(rng, 9, {"light": ["day", "night"]}, True), planned({"light": ["day", "night"]}, [20, 30])))
    yield Case(SURPLUS, (fieldwork(rng, 40, TWO, True), planned(TWO, [2, 40, 3, 60])))
    yield Case(SURPLUS, (fieldwork(rng, 25, TWO, True), planned(TWO, [0, 1, 50, 0])))
    yield Case(SURPLUS, (fieldwork(rng, 3, TWO, True), planned(TWO, 1)))
    strange = pd.DataFrame({"light": ["day", "dusk", None, "night", "day", "night", "night"],
                            "distance": ["near", "near", "far", math.nan, "far", "far", "near"]})
    yield Case(OUTSIDE, (strange, planned(TWO, 9)))
    part = planned(TWO, 5).iloc[[0, 3]].reset_index(drop=True)
    yield Case(OUTSIDE, (fieldwork(rng, 12, TWO, True), part.assign(planned=[30, 30])))
    backwards = planned(TWO, [60, 70, 80, 90]).iloc[::-1]
    yield Case(ORDER, (fieldwork(rng, 12, TWO, True), backwards))
    mixed = planned(THREE, 50).sample(frac=1, random_state=int(rng.integers(1 << 30)))
    yield Case(ORDER, (fieldwork(rng, 20, THREE, True)[["metres", "voice", "room"]], mixed[["room", "planned", "voice", "metres"]]))
    twice = pd.concat([planned(TWO, 2), planned(TWO, 3).iloc[[1]]], ignore_index=True)
    yield Case(REFUSED, (recorded(("day", "near")), twice), raises="ValueError")
    yield Case(REFUSED, (recorded(("day", "near")), planned(TWO, 0)), raises="ValueError")
    yield Case(REFUSED, (recorded(("day", "near")).drop(columns="light"), planned(TWO, 2)), raises="ValueError")


exercise = Exercise(
    id="coverage_table",
    title="Planned and captured conditions",
    points=4,
    minutes=15,
    hints=(
        "The conditions are the plan's columns other than `planned`. `captured.value_counts(conditions)` counts the combinations that occur.",
        "Start from the plan, not from the recordings: `plan.merge(counts, how=\"left\")` keeps every planned row, and `fillna(0)` fills it.",
        "Limit each combination to what was planned before you add up: the coverage is a sum of `min(captured, planned)` over the rows.",
    ),
    compare=close(),  # one division; 1e-6 lets any way of adding up pass
    reference=reference,
    public=(
        Case(COUNTS, (recorded(("day", "near"), ("day", "near"), ("day", "far"), ("night", "near"), ("night", "far")), planned(TWO, 4))),
        Case(EMPTY, (recorded(("day", "near"), ("night", "near")), planned(TWO, 2))),
        Case(
            SURPLUS,
            (recorded(("day", "near"), ("day", "near"), ("day", "near"), ("day", "far"), ("night", "near"), ("night", "far")), planned(TWO, 2)),
        ),
        Case(OUTSIDE, (recorded(("day", "near"), ("dusk", "far"), ("day", "far"), ("night", "near"), ("night", "far")), planned(TWO, 2))),
        Case(ORDER, (recorded(("day", "near"), ("day", "far"), ("night", "near"), ("night", "far")), planned(TWO, [2, 3, 4, 5]).iloc[::-1])),
        Case(REFUSED, (recorded(("day", "near")), pd.concat([planned(TWO, 1)] * 2)), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_counter(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    keys = list(plan[factors].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or plan["planned"].sum() <= 0:
        raise ValueError("the plan must hold different combinations and something to record")
    if any(f not in captured.columns for f in factors):
        raise ValueError("a planned condition was not recorded")
    counts = Counter(captured[factors].itertuples(index=False, name=None))
    found = np.array([counts[key] for key in keys])
    wanted = plan["planned"].to_numpy()
    table = plan.assign(captured=found, short=np.maximum(wanted - found, 0)).reset_index(drop=True)
    return {
        "table": table,
        "coverage": 1 - table["short"].sum() / wanted.sum(),
        "outside": len(captured) - int(found.sum()),
    }


@exercise.right
def with_reindex_and_a_warning(captured, plan):
    import warnings

    factors = plan.columns.drop("planned").tolist()
    if not set(factors).issubset(captured.columns) or not plan["planned"].any():
        raise ValueError("conditions are missing, or nothing is planned")
    if plan.duplicated(factors).any():
        raise ValueError("a combination is planned twice")
    counts = captured.value_counts(factors)
    cells = pd.MultiIndex.from_frame(plan[factors])
    outside = len(captured) - counts[counts.index.isin(cells)].sum()
    if outside:
        warnings.warn(f"{outside} recordings are outside the plan")
    table = plan.reset_index(drop=True)
    table["captured"] = counts.reindex(cells).fillna(0).to_numpy()
    table["short"] = (table["planned"] - table["captured"]).clip(lower=0)
    return {"table": table, "coverage": table[["planned", "captured"]].min(axis=1).sum() / table["planned"].sum(), "outside": outside}


@exercise.wrong(
    "A combination that nobody recorded is gone from your table. `groupby`, `value_counts` and an inner `merge` list what was seen; the "
    "one thing you are looking for was not. Start from the plan.",
    share=5 / 6,
)
def seen_only(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    if plan.duplicated(factors).any() or not plan["planned"].sum() or set(factors) - set(captured.columns):
        raise ValueError("plan and recordings do not fit")
    counts = captured.value_counts(factors).rename("captured").reset_index()
    table = plan.merge(counts.astype(plan[factors].dtypes), on=factors)
    table["short"] = (table["planned"] - table["captured"]).clip(lower=0)
    coverage = np.minimum(table["planned"], table["captured"]).sum() / plan["planned"].sum()
    return {"table": table, "coverage": coverage, "outside": len(captured) - table["captured"].sum()}


@exercise.wrong(
    "You divide all recordings by all that were planned, so a hundred easy ones pay for the missing hard ones. Let no combination count for more "
    "than was planned of it.",
    share=5 / 6,
)
def surplus_pays(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    keys = list(plan[factors].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or plan["planned"].sum() <= 0 or any(f not in captured.columns for f in factors):
        raise ValueError("plan and recordings do not fit")
    counts = Counter(captured[factors].itertuples(index=False, name=None))
    found = np.array([counts[key] for key in keys])
    table = plan.assign(captured=found, short=np.maximum(plan["planned"] - found, 0)).reset_index(drop=True)
    return {"table": table, "coverage": found.sum() / plan["planned"].sum(), "outside": len(captured) - int(found.sum())}


@exercise.wrong(
    "`short` becomes negative where more was recorded than planned. Added up, such a surplus hides a gap elsewhere. What is still to do is never "
    "less than 0.",
    share=5 / 6,
)
def negative_gap(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    keys = list(plan[factors].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or plan["planned"].sum() <= 0 or any(f not in captured.columns for f in factors):
        raise ValueError("plan and recordings do not fit")
    counts = Counter(captured[factors].itertuples(index=False, name=None))
    found = np.array([counts[key] for key in keys])
    table = plan.assign(captured=found, short=plan["planned"] - found).reset_index(drop=True)
    coverage = np.minimum(found, table["planned"]).sum() / plan["planned"].sum()
    return {"table": table, "coverage": coverage, "outside": len(captured) - int(found.sum())}


@exercise.wrong(
    "Your coverage is the share of combinations that are complete: one recording short of a hundred counts like none. Add up recordings, at most "
    "`planned` from each combination, and divide by all that are planned.",
    share=0,
)
def complete_cells(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    keys = list(plan[factors].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or plan["planned"].sum() <= 0 or any(f not in captured.columns for f in factors):
        raise ValueError("plan and recordings do not fit")
    counts = Counter(captured[factors].itertuples(index=False, name=None))
    found = np.array([counts[key] for key in keys])
    table = plan.assign(captured=found, short=np.maximum(plan["planned"] - found, 0)).reset_index(drop=True)
    return {"table": table, "coverage": (table["short"] == 0).mean(), "outside": len(captured) - int(found.sum())}


@exercise.wrong(
    "Recordings that fit no planned combination vanish from your count. They are work that was paid for, or a typing mistake in the log: "
    "`outside` makes somebody look.",
    share=5 / 6,
)
def strangers_vanish(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    keys = list(plan[factors].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or plan["planned"].sum() <= 0 or any(f not in captured.columns for f in factors):
        raise ValueError("plan and recordings do not fit")
    counts = Counter(captured[factors].itertuples(index=False, name=None))
    found = np.array([counts[key] for key in keys])
    table = plan.assign(captured=found, short=np.maximum(plan["planned"] - found, 0)).reset_index(drop=True)
    return {"table": table, "coverage": np.minimum(found, table["planned"]).sum() / plan["planned"].sum(), "outside": 0}


@exercise.wrong(
    "You count each condition by itself and keep the rarest. That there are recordings by night and recordings from afar does not mean that "
    "there is one from afar by night: count the combination.",
    share=0,
)
def one_condition_at_a_time(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    if plan.duplicated(factors).any() or not plan["planned"].sum() or set(factors) - set(captured.columns):
        raise ValueError("plan and recordings do not fit")
    table = plan.reset_index(drop=True)
    table["captured"] = [min((captured[f] == row[f]).sum() for f in factors) for _, row in table.iterrows()]
    table["short"] = (table["planned"] - table["captured"]).clip(lower=0)
    known = captured[factors].isin({f: plan[f].tolist() for f in factors}).all(axis=1)
    coverage = table[["planned", "captured"]].min(axis=1).sum() / table["planned"].sum()
    return {"table": table, "coverage": coverage, "outside": int((~known).sum())}


@exercise.wrong(
    "The numbers are right, but a plan that lists a combination twice, or plans nothing, passes. Then the same recordings are counted twice, or "
    "you divide by 0. Check first, and raise a ValueError.",
    share=5 / 6,
)
def nothing_checked(captured, plan):
    factors = [c for c in plan.columns if c != "planned"]
    keys = list(plan[factors].itertuples(index=False, name=None))
    counts = Counter(captured[factors].itertuples(index=False, name=None))
    found = np.array([counts[key] for key in keys])
    table = plan.assign(captured=found, short=np.maximum(plan["planned"] - found, 0)).reset_index(drop=True)
    coverage = np.minimum(found, table["planned"]).sum() / max(plan["planned"].sum(), 1)
    return {"table": table, "coverage": coverage, "outside": len(captured) - sum(counts[key] for key in set(keys))}
