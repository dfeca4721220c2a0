"""How many rows share each combination of quasi-identifiers: k, and what follows from the class sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

SIZES, CHOSEN = "class sizes of whole combinations", "only the quasi-identifiers count"
MISSING, NOTHING, REFUSED = "a missing value is a value of its own", "no quasi-identifier: one class", "empty tables and unknown columns are refused"

# Invented patients; postcode and age as in a release that somebody thought harmless.
PATIENTS = pd.DataFrame({
    "postcode": ["061**", "061**", "061**", "481**", "481**", "631**"],
    "age": ["30-39", "30-39", "40-49", "40-49", "40-49", "30-39"],
    "disease": ["flu", "asthma", "flu", "flu", "flu", "cancer"],
})


def reference(df: pd.DataFrame, quasi: Sequence[str]) -> dict[str, Any]:
    """``k`` (rows), ``classes``, ``unique`` (classes of one row) and ``risk`` (0 to 1, mean over rows of 1/class size).

    Every row is compared with every other. Raises ValueError for an empty table and for a column that is not there.
    """
    if not set(quasi) <= set(df.columns) or df.empty:
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    alike = np.ones((len(df), len(df)), bool)
    for column in quasi:
        value, gap = df[column].to_numpy(object), df[column].isna().to_numpy()
        alike &= (value[:, None] == value[None, :]) | (gap[:, None] & gap[None, :])
    sizes = alike.sum(axis=1)  # of each row's own class
    return {
        "k": int(sizes.min()),
        "classes": len(np.unique(alike, axis=0)),
        "unique": int((sizes == 1).sum()),
        "risk": float((1 / sizes).mean()),
    }


def people(rng: np.random.Generator, n: int, gaps: bool = False) -> pd.DataFrame:
    """``n`` rows with a region, an age band and an income; with ``gaps`` a fifth of the regions is missing."""
    regions = [None if gaps and rng.random() < 0.2 else str(region) for region in rng.choice(["seoul", "busan", "jeju"], n)]
    return pd.DataFrame({"region": regions, "age": rng.integers(2, 6, n) * 10, "income": rng.integers(100, 900, n)})


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first: one row, all alike, all different; then random tables."""
    yield Case(SIZES, (pd.DataFrame({"a": ["x"], "b": [1]}), ["a", "b"]))
    yield Case(SIZES, (pd.DataFrame({"a": ["x"] * 5, "b": [1] * 5}), ["a", "b"]))
    yield Case(SIZES, (pd.DataFrame({"a": list("aabbcc"), "b": list("xyxyxy")}), ["a", "b"]))
    yield Case(SIZES, (pd.DataFrame({"a": ["x", "xy", "xy", "x"], "b": ["yz", "z", "z", "yz"]}), ["a", "b"]))
    yield Case(SIZES, (people(rng, 60), ["region", "age"]))
    yield Case(CHOSEN, (people(rng, 40), ["age"]))
    yield Case(CHOSEN, (people(rng, 40), ["region"]))
    yield Case(MISSING, (people(rng, 30, gaps=True), ["region"]))
    yield Case(MISSING, (people(rng, 40, gaps=True), ["age", "region"]))
    yield Case(MISSING, (pd.DataFrame({"a": [1.0, np.nan, np.nan, 2.0, 2.0], "b": list("xxxyy")}), ["a", "b"]))
    yield Case(NOTHING, (people(rng, 7), []))
    yield Case(REFUSED, (people(rng, 7), ["age", "phone"]), raises="ValueError")
    yield Case(REFUSED, (people(rng, 3).iloc[:0], []), raises="ValueError")


exercise = Exercise(
    id="k_anonymity",
    title="k-anonymity of a table",
    points=3,
    minutes=10,
    hints=(
        "Rows with the same combination of all the quasi-identifiers form one class; count how many rows each class has.",
        "pandas' `groupby` leaves out rows with a missing value unless you say `dropna=False`; and it refuses an empty list of columns.",
        "The mean over rows of 1/class size is simpler than it looks: each class contributes exactly 1 to the sum.",
    ),
    compare=close(),  # one quotient: right answers differ by rounding only
    reference=reference,
    public=(
        Case(SIZES, (PATIENTS, ["postcode", "age"])),
        Case(SIZES, (PATIENTS.iloc[[0, 1, 3, 4]], ["postcode", "age"])),
        Case(CHOSEN, (PATIENTS, ["age"])),
        Case(MISSING, (pd.DataFrame({"region": ["seoul", None, "seoul", None, "jeju"]}), ["region"])),
        Case(NOTHING, (PATIENTS, [])),
        Case(REFUSED, (PATIENTS, ["postcode", "birthday"]), raises="ValueError"),
        Case(REFUSED, (PATIENTS.iloc[:0], ["age"]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_groupby(df, quasi):
    if df.empty or not pd.Index(quasi).isin(df.columns).all():
        raise ValueError("no rows, or a column that is not there")
    if not len(quasi):
        return {"k": len(df), "classes": 1, "unique": int(len(df) == 1), "risk": 1 / len(df)}
    sizes = df.groupby(list(quasi), dropna=False).size()
    own = np.repeat(sizes.to_numpy(), sizes.to_numpy())
    return {"k": int(sizes.min()), "classes": int(sizes.size), "unique": int(sizes.eq(1).sum()), "risk": float(np.mean(1 / own))}


@exercise.right
def with_a_counter(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df[list(quasi)].itertuples(index=False)]
    sizes = Counter(keys)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": len(sizes) / len(df),
    }


@exercise.right
def with_a_warning(df, quasi):
    import warnings

    if len(df) == 0:
        raise ValueError("no rows")
    if any(column not in df for column in quasi):
        raise ValueError("unknown column")
    keys = [tuple("nan" if pd.isna(row[column]) else (row[column],) for column in quasi) for _, row in df.iterrows()]
    sizes = [keys.count(key) for key in keys]
    if min(sizes) == 1:
        warnings.warn("some rows are unique", stacklevel=2)
    return {"k": min(sizes), "classes": len(set(keys)), "unique": sizes.count(1), "risk": sum(1 / size for size in sizes) / len(sizes)}


@exercise.wrong(
    "Rows with a missing value have dropped out, as pandas' `groupby` does unless told otherwise. Those people are still "
    "in the table, and often the only one with that gap: count missing as a value of its own.",
    share=4 / 5,
)
def missing_dropped(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df[list(quasi)].itertuples(index=False)]
    sizes = Counter(key for key in keys if None not in key)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": len(sizes) / len(df),
    }


@exercise.wrong(
    "Each missing value is a class of its own to you, since NaN does not equal NaN. Whoever looks at the table sees the "
    "same gap in both rows: they belong together.",
    share=4 / 5,
)
def every_missing_unique(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(f"gap {i}" if pd.isna(value) else value for value in row) for i, row in enumerate(df[list(quasi)].itertuples(index=False))]
    sizes = Counter(keys)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": len(sizes) / len(df),
    }


@exercise.wrong(
    "You look at each column alone and take the rarest value. What identifies is the combination: a common age and a "
    "common region may meet only once.",
    share=3 / 5,
)
def column_by_column(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df[list(quasi)].itertuples(index=False)]
    columns = [Counter(column) for column in zip(*keys)] or [Counter(keys)]
    sizes = min(columns, key=lambda counter: min(counter.values()))
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": len(sizes) / len(df),
    }


@exercise.wrong(
    "You compare the rows in all columns. The sensitive value is not known to whoever looks for a person, so it must not "
    "split the classes: use the columns in `quasi` only.",
    share=0,
)
def all_columns(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df.itertuples(index=False)]
    sizes = Counter(keys)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": len(sizes) / len(df),
    }


@exercise.wrong(
    "`unique` is your number of different classes. What is asked for are the classes of exactly one row: people who stand"
    " alone.",
    share=0,
)
def unique_values_counted(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df[list(quasi)].itertuples(index=False)]
    sizes = Counter(keys)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": len(sizes), "risk": len(sizes) / len(df),
    }


@exercise.wrong(
    "Your risk is 1/k, the risk of the worst class. The mean over all rows is asked for: each class adds 1 in total, so "
    "it is classes divided by rows.",
    share=2 / 5,
)
def risk_of_the_worst(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df[list(quasi)].itertuples(index=False)]
    sizes = Counter(keys)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": 1 / min(sizes.values()),
    }


@exercise.wrong(
    "Without quasi-identifiers nobody can be told apart: that is one class of all the rows, the best case, not an error "
    "or 0.",
    share=4 / 5,
)
def no_columns_is_k_0(df, quasi):
    if len(df) == 0 or not set(quasi) <= set(df.columns):
        raise ValueError("a table with rows and with all the quasi-identifiers is due")
    if not quasi:
        return {"k": 0, "classes": 0, "unique": 0, "risk": 0.0}
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in df[list(quasi)].itertuples(index=False)]
    sizes = Counter(keys)
    return {
        "k": min(sizes.values()), "classes": len(sizes), "unique": sum(n == 1 for n in sizes.values()), "risk": len(sizes) / len(df),
    }
