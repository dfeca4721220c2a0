"""How far each class is from the whole table: t-closeness by the Earth Mover's Distance (Li, Li & Venkatasubramanian 2007)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

EQUAL, ORDERED = "unordered values: every change costs the same", "ordered values: the cost grows with the steps"
STEPS, GAPS = "steps that nobody stands on count too", "a missing quasi-identifier is a value of its own"
ONE, REFUSED = "one class, or one value: distance 0", "tables that cannot be judged are refused"

# Tables 3 and 4 of Li, Li & Venkatasubramanian (2007): salaries in thousands; classes of equal postcode and age.
PAPER = pd.DataFrame({
    "zip": ["476**"] * 3 + ["4790*"] * 3 + ["476**"] * 3,
    "age": ["2*"] * 3 + [">=40"] * 3 + ["3*"] * 3,
    "salary": [3, 4, 5, 6, 11, 8, 7, 9, 10],
    "disease": [
        "gastric ulcer", "gastritis", "stomach cancer", "gastritis", "flu", "bronchitis", "bronchitis", "pneumonia", "stomach cancer",
    ],
})
SALARIES = [3, 4, 5, 6, 7, 8, 9, 10, 11]
GRADES = ["none", "mild", "strong", "extreme"]


def reference(df: pd.DataFrame, quasi: Sequence[str], sensitive: str, order: Sequence[Hashable] | None = None) -> float:
    """The largest distance (0 to 1, lower is closer) of a class's distribution from the table's: the cheapest transport, by SciPy.

    Raises ValueError for an empty table, a column that is not there, a sensitive column among ``quasi``, with missing values
    or with values that ``order`` does not list.
    """
    if df.empty or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    values = df[sensitive].tolist()
    domain = list(dict.fromkeys(values)) if order is None else list(order)
    if any(value not in domain for value in values):
        raise ValueError("a value is not in the order given")
    m = len(domain)
    cost = [abs(i - j) / max(m - 1, 1) if order is not None else float(i != j) for i in range(m) for j in range(m)]
    keys = [tuple("gap" if pd.isna(df[c].iloc[i]) else (df[c].iloc[i],) for c in quasi) for i in range(len(df))]
    whole = [values.count(value) / len(values) for value in domain]
    found = []
    for key in set(keys):
        own = [value for value, k in zip(values, keys) if k == key]
        found.append(transport([own.count(value) / len(own) for value in domain], whole, cost))
    return max(found)


def transport(p: Sequence[float], q: Sequence[float], cost: Sequence[float]) -> float:
    """The least cost of moving the mass ``p`` until it lies as ``q``: what leaves i sums to p[i], what reaches j to q[j]."""
    m = len(p)
    leaves = np.kron(np.eye(m), np.ones(m))  # (m, m * m)
    reaches = np.kron(np.ones(m), np.eye(m))
    return float(linprog(cost, A_eq=np.vstack([leaves, reaches]), b_eq=[*p, *q]).fun)


def survey(rng: np.random.Generator, n: int, gaps: bool = False) -> pd.DataFrame:
    """``n`` invented answers: region, age band, and a complaint whose grade depends on the age."""
    ages = rng.integers(2, 5, n)
    grades = [GRADES[int(g)] for g in np.clip(rng.integers(0, 3, n) + (ages == 4), 0, 3)]
    regions = [None if gaps and rng.random() < 0.2 else str(r) for r in rng.choice(["seoul", "jeju"], n)]
    return pd.DataFrame({"region": regions, "age": ages * 10, "grade": grades})


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random tables."""
    yield Case(EQUAL, (pd.DataFrame({"a": [1, 1, 2, 2], "s": ["x", "x", "y", "y"]}), ["a"], "s"))
    yield Case(EQUAL, (survey(rng, 50), ["age"], "grade"))
    yield Case(EQUAL, (survey(rng, 50), ["region", "age"], "grade", None))
    yield Case(ORDERED, (survey(rng, 50), ["age"], "grade", GRADES))
    yield Case(ORDERED, (survey(rng, 60), ["region", "age"], "grade", GRADES))
    yield Case(ORDERED, (pd.DataFrame({"a": [1, 1, 2, 2], "s": ["low", "low", "high", "high"]}), ["a"], "s", ["low", "mid", "high"]))
    yield Case(ORDERED, (pd.DataFrame({"a": [1, 1, 2, 2, 2], "s": list("nynnn")}), ["a"], "s", ["n", "y"]))
    yield Case(STEPS, (survey(rng, 40), ["age"], "grade", ["absent", *GRADES, "fatal"]))
    yield Case(STEPS, (PAPER, ["zip"], "salary", list(range(1, 21))))
    yield Case(STEPS, (pd.DataFrame({"a": [1, 1, 2, 2], "s": [1, 1, 5, 5]}), ["a"], "s", [1, 2, 3, 4, 5, 6]))
    yield Case(GAPS, (survey(rng, 40, gaps=True), ["region"], "grade"))
    yield Case(GAPS, (survey(rng, 40, gaps=True), ["region", "age"], "grade", GRADES))
    yield Case(GAPS, (pd.DataFrame({"a": ["x"] * 6 + [None] * 2, "s": list("uvuvuv") + ["u", "u"]}), ["a"], "s"))
    yield Case(GAPS, (pd.DataFrame({"a": ["x", "x", None, None], "s": list("uvwz")}), ["a"], "s"))
    yield Case(ONE, (survey(rng, 9), [], "grade", GRADES))
    yield Case(ONE, (pd.DataFrame({"a": [1, 2], "s": ["x", "x"]}), ["a"], "s"))
    yield Case(ONE, (pd.DataFrame({"a": [1], "s": ["x"]}), ["a"], "s"))
    yield Case(ONE, (pd.DataFrame({"a": [1, 2], "s": ["x", "x"]}), ["a"], "s", ["x"]))
    yield Case(REFUSED, (PAPER.iloc[:0], ["zip"], "disease"), raises="ValueError")
    yield Case(REFUSED, (PAPER.iloc[:0], [], "disease"), raises="ValueError")
    yield Case(REFUSED, (PAPER, ["city"], "disease"), raises="ValueError")
    yield Case(REFUSED, (PAPER, ["disease"], "disease"), raises="ValueError")
    yield Case(REFUSED, (PAPER, ["zip"], "salary", SALARIES[:-1]), raises="ValueError")
    yield Case(REFUSED, (pd.DataFrame({"a": [1, 1], "s": ["x", None]}), ["a"], "s"), raises="ValueError")


exercise = Exercise(
    id="t_closeness",
    title="t-closeness of a table",
    points=4,
    minutes=15,
    hints=(
        "First the shares of each value in the whole table, in the order of the domain; then the same for each class; then their differences.",
        "Unordered: half the sum of the absolute differences. That is the share of the class that would have to change its value.",
        "Ordered: `np.cumsum` of the differences is the mass that has to be carried over each step; add up what is carried, whichever way.",
    ),
    compare=close(atol=1e-7),  # a linear program and a closed formula agree to its solver's tolerance
    reference=reference,
    public=(
        Case(EQUAL, (PAPER, ["zip", "age"], "disease")),
        Case(EQUAL, (pd.DataFrame({"a": [1, 1, 2, 2], "s": ["x", "y", "y", "y"]}), ["a"], "s")),
        Case(ORDERED, (PAPER, ["zip", "age"], "salary", SALARIES)),
        Case(ORDERED, (PAPER.iloc[[0, 1, 2, 3, 5]], ["zip"], "salary", SALARIES)),
        Case(STEPS, (pd.DataFrame({"a": [1, 1, 2, 2], "s": [1, 2, 3, 4]}), ["a"], "s", [0, 1, 2, 3, 4])),
        Case(GAPS, (pd.DataFrame({"a": ["x", "x", "x", None], "s": ["u", "v", "v", "u"]}), ["a"], "s")),
        Case(ONE, (PAPER, [], "disease")),
        Case(REFUSED, (PAPER, ["zip", "age"], "diagnosis"), raises="ValueError"),
        Case(REFUSED, (PAPER, ["zip"], "salary", [3, 4, 5]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_arrays(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)


@exercise.right
def by_the_mass_that_is_missing(df, quasi, sensitive, order=None):
    if df.empty or sensitive in quasi or not pd.Index([*quasi, sensitive]).isin(df.columns).all() or df[sensitive].hasnans:
        raise ValueError("cannot be judged")
    if order is not None and not set(df[sensitive]) <= set(order):
        raise ValueError("a value is not in the order given")
    steps = {} if order is None else {value: step for step, value in enumerate(order)}
    names = df[list(quasi)].astype(object).where(df[list(quasi)].notna(), "∅").apply(tuple, axis=1) if quasi else pd.Series(0, df.index)
    worst = 0.0
    for _, part in df.groupby(names):
        if order is None:
            mine, all_of_them = (Counter(table[sensitive]) for table in (part, df))
            distance = sum(max(n / len(df) - mine[value] / len(part), 0) for value, n in all_of_them.items())
        else:
            distance = 0.0
            for step in range(len(order) - 1):
                below = [np.mean([steps[value] <= step for value in table[sensitive]]) for table in (part, df)]
                distance += abs(below[0] - below[1]) / (len(order) - 1)
        worst = max(worst, distance)
    return worst


@exercise.right
def with_a_warning(df, quasi, sensitive, order=None):
    import warnings

    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(np.abs(np.cumsum(q - p)).sum() / max(1, len(domain) - 1))
    if max(distances) > 0.5:
        warnings.warn("a class is far from the table", stacklevel=2)
    return max(distances)


@exercise.wrong(
    "You leave `order` aside, so moving from 3 to 4 thousand costs as much as from 3 to 11. On an ordered scale the cost "
    "is the number of steps, divided by m − 1.",
    share=3 / 6,
)
def order_ignored(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if True:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)


@exercise.wrong(
    "Your ordered distance is not divided by m − 1, so it can exceed 1 and cannot be compared with t. The whole way from "
    "the first value to the last costs 1.",
    share=3 / 6,
)
def steps_not_scaled(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum())
    return max(distances)


@exercise.wrong(
    "Your unordered distance counts every change twice: once where the mass leaves and once where it arrives. Halve the "
    "sum.",
    share=4 / 6,
)
def counted_twice(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum())
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)


@exercise.wrong(
    "You average over the classes. t is a promise to everybody, so it is the largest distance that counts.",
    share=2 / 6,
)
def mean_over_classes(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return sum(distances) / len(distances)


@exercise.wrong(
    "You compare the classes with equal shares. What everybody knows anyway is the distribution in the whole table: a "
    "class that looks like it gives nothing away.",
    share=0,
)
def against_uniform(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([1 / len(set(everybody)) if value in everybody else 0.0 for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)


@exercise.wrong(
    "You take the largest difference of a single share. Mass that moves from several values adds up: sum the absolute "
    "differences and halve the sum.",
    share=4 / 6,
)
def largest_gap(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).max())
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)


@exercise.wrong(
    "You use only the values that occur as the scale. Steps on which nobody stands are still steps: take m and the places"
    " from `order`.",
    share=4 / 6,
)
def only_values_that_occur(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    domain = [value for value in domain if value in set(df[sensitive])]
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)


@exercise.wrong(
    "Rows whose quasi-identifier is missing have dropped out. They are a class like any other, and often an unusual one.",
    share=5 / 6,
)
def missing_dropped(df, quasi, sensitive, order=None):
    if len(df) == 0 or sensitive in quasi or not {*quasi, sensitive} <= set(df.columns) or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    domain = sorted(set(df[sensitive])) if order is None else list(order)
    if not set(df[sensitive]) <= set(domain):
        raise ValueError("a value is not in the order given")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), []).append(value)
    classes = {key: values for key, values in classes.items() if None not in key}
    everybody, distances = df[sensitive].tolist(), []
    for values in classes.values():
        p = np.array([values.count(value) / len(values) for value in domain])
        q = np.array([everybody.count(value) / len(everybody) for value in domain])
        if order is None:
            distances.append(abs(p - q).sum() / 2)
        else:
            distances.append(abs((p - q).cumsum()).sum() / max(1, len(domain) - 1))
    return max(distances)
