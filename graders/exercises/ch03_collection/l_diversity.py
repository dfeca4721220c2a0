"""How varied a sensitive attribute is within each class: distinct and entropy l-diversity."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.stats import entropy

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

DISTINCT, ENTROPY = "different values in the poorest class", "the exponential of the lowest entropy"
APART, GAPS, REFUSED = "the two minima may come from different classes", "a missing quasi-identifier is a value of its own", "tables that cannot be judged are refused"

# The patients of the k-anonymity exercise, 2-anonymous now: one class tells its disease to everybody.
PATIENTS = pd.DataFrame({
    "postcode": ["061**", "061**", "061**", "481**", "481**", "481**"],
    "disease": ["flu", "asthma", "cancer", "flu", "flu", "flu"],
})
SKEWED = pd.DataFrame({"ward": ["n"] * 10 + ["s"] * 4, "hiv": ["no"] * 9 + ["yes"] + ["no", "no", "yes", "yes"]})


def reference(df: pd.DataFrame, quasi: Sequence[str], sensitive: str) -> dict[str, float]:
    """``distinct`` (number of values) and ``entropy`` (its exponential, 1 to distinct), each the minimum over the classes, by SciPy.

    Raises ValueError for an empty table, a column that is not there, a sensitive column among ``quasi`` or with missing values.
    """
    if df.empty or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isnull().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    keys = [tuple("gap" if pd.isna(df[c].iloc[i]) else (df[c].iloc[i],) for c in quasi) for i in range(len(df))]
    classes = [[value for key, value in zip(keys, df[sensitive]) if key == one] for one in set(keys)]
    counts = [[values.count(value) for value in set(values)] for values in classes]
    return {"distinct": min(len(c) for c in counts), "entropy": min(float(np.exp(entropy(c))) for c in counts)}


def people(rng: np.random.Generator, n: int, gaps: bool = False) -> pd.DataFrame:
    """``n`` rows: region, age band, and a diagnosis whose frequency depends on the region."""
    regions = rng.integers(3, size=n)
    names = ["seoul", "busan", "jeju"]
    diagnosis = [str(rng.choice(["flu", "asthma", "cancer", "ulcer"], p=np.roll([0.7, 0.1, 0.1, 0.1], r))) for r in regions]
    shown = [None if gaps and rng.random() < 0.25 else names[r] for r in regions]
    return pd.DataFrame({"region": shown, "age": rng.integers(3, 5, n) * 10, "diagnosis": diagnosis})


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random tables."""
    yield Case(DISTINCT, (pd.DataFrame({"a": [1], "s": ["x"]}), ["a"], "s"))
    yield Case(DISTINCT, (pd.DataFrame({"a": [1, 1, 2, 2, 2], "s": ["x", "y", "x", "y", "z"]}), ["a"], "s"))
    yield Case(DISTINCT, (pd.DataFrame({"s": ["x", "y", "z", "z"], "a": [1, 1, 1, 1]}), [], "s"))
    yield Case(ENTROPY, (pd.DataFrame({"a": [1] * 8 + [2] * 8, "s": [1, 2, 3, 4] * 2 + [1, 1, 1, 1, 1, 2, 3, 4]}), ["a"], "s"))
    yield Case(ENTROPY, (people(rng, 80), ["region"], "diagnosis"))
    yield Case(ENTROPY, (people(rng, 80), ["region", "age"], "diagnosis"))
    low = pd.DataFrame({"a": [1] * 20 + [2] * 4, "s": ["x"] * 18 + ["y", "z"] + ["x", "x", "y", "y"]})
    yield Case(APART, (low, ["a"], "s"))
    yield Case(APART, (low.iloc[::-1], ["a"], "s"))
    yield Case(GAPS, (people(rng, 60, gaps=True), ["region"], "diagnosis"))
    yield Case(GAPS, (pd.DataFrame({"a": [None, None, "x", "x"], "s": ["u", "u", "u", "v"]}), ["a"], "s"))
    yield Case(REFUSED, (PATIENTS.iloc[:0], [], "disease"), raises="ValueError")
    yield Case(REFUSED, (PATIENTS, ["ward"], "disease"), raises="ValueError")
    yield Case(REFUSED, (pd.DataFrame({"a": [1, 1], "s": ["x", None]}), ["a"], "s"), raises="ValueError")
    yield Case(REFUSED, (PATIENTS, ["postcode", "disease"], "disease"), raises="ValueError")


exercise = Exercise(
    id="l_diversity",
    title="l-diversity of a table",
    points=3,
    minutes=12,
    hints=(
        "Go class by class, as for k; in each look at the sensitive values only: how many different ones, and with which shares.",
        "The entropy is −Σ p ln p over the values that occur; its exponential is the number of equally frequent values that would be as varied.",
        "Take the two minima separately: the class with the fewest values need not be the one with the lowest entropy.",
    ),
    compare=close(),  # sums of a few logarithms: right answers differ by rounding only
    reference=reference,
    public=(
        Case(DISTINCT, (PATIENTS, ["postcode"], "disease")),
        Case(DISTINCT, (PATIENTS, [], "disease")),
        Case(ENTROPY, (SKEWED, ["ward"], "hiv")),
        Case(ENTROPY, (SKEWED.iloc[10:], ["ward"], "hiv")),
        Case(APART, (pd.DataFrame({"a": list("xxxxxxyy"), "s": list("bbbbcdef")}), ["a"], "s")),
        Case(APART, (pd.DataFrame({"a": [1] * 12 + [2, 2], "s": [0] * 10 + [1, 2, 3, 4]}), ["a"], "s")),
        Case(GAPS, (pd.DataFrame({"a": ["x", "x", None, None], "s": ["flu", "cold", "flu", "flu"]}), ["a"], "s")),
        Case(REFUSED, (PATIENTS, ["postcode"], "salary"), raises="ValueError"),
        Case(REFUSED, (pd.DataFrame({"a": [1, 1], "s": [None, "x"]}), ["a"], "s"), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_counters(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": math.exp(min(entropies))}


@exercise.right
def with_crosstab(df, quasi, sensitive):
    if df.empty or sensitive in quasi or not pd.Index([*quasi, sensitive]).isin(df.columns).all() or df[sensitive].hasnans:
        raise ValueError("cannot be judged")
    table = df.assign(everybody=0)
    counts = pd.crosstab([table[column].astype(object).where(table[column].notna(), "∅") for column in ["everybody", *quasi]], df[sensitive])
    shares = counts.div(counts.sum(axis=1), axis=0)
    perplexity = np.exp(-(shares * np.log(shares.where(shares > 0, 1))).sum(axis=1))
    return {"distinct": int((counts > 0).sum(axis=1).min()), "entropy": float(perplexity.min())}


@exercise.right
def with_a_warning(df, quasi, sensitive):
    import warnings

    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    if any(len(counts) == 1 for counts in classes.values()):
        warnings.warn("in one class everybody has the same value", stacklevel=2)
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": min(np.exp(entropies))}


@exercise.wrong(
    "You count the rows of a class, which is k. For l count its different sensitive values: five rows with one disease "
    "hide nobody.",
    share=0,
)
def rows_counted(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(sum(counts.values()) for counts in classes.values()), "entropy": math.exp(min(entropies))}


@exercise.wrong(
    "You look at the whole table. An attacker who has found the class needs to know how varied that class is: compute "
    "class by class and take the minimum.",
    share=0,
)
def whole_table(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault((), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": math.exp(min(entropies))}


@exercise.wrong(
    "You take the mean over the classes. A guarantee is as good as its worst case: one class with a single disease breaks"
    " the promise to its members.",
    share=0,
)
def mean_over_classes(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": sum(len(counts) for counts in classes.values()) / len(classes), "entropy": math.exp(sum(entropies) / len(classes))}


@exercise.wrong(
    "This is the entropy itself, in nats. Its exponential is a number of values that can be compared with l: two equally "
    "frequent values give 2, not 0.69.",
    share=0,
)
def entropy_not_exponentiated(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": min(entropies)}


@exercise.wrong(
    "You took logarithms to base 2 and the exponential to base e. Use one base for both; which one does not matter.",
    share=0,
)
def bits_and_e(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log2(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": math.exp(min(entropies))}


@exercise.wrong(
    "You take the entropy of the class with the fewest values. A class with more values can be more lopsided: take the "
    "minimum of each measure over all classes.",
    share=4 / 5,
)
def entropy_of_the_poorest(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": math.exp(min(zip(map(len, classes.values()), entropies))[1])}


@exercise.wrong(
    "Rows whose quasi-identifier is missing have dropped out. They are a class like any other, and may well be the "
    "poorest.",
    share=4 / 5,
)
def missing_dropped(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi or df[sensitive].isna().any():
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    classes = {key: counts for key, counts in classes.items() if None not in key}
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": math.exp(min(entropies))}


@exercise.wrong(
    "A missing diagnosis counts as one more value in your table and raises l. Nobody is protected by a gap: raise "
    "ValueError, and let somebody decide about it.",
    share=4 / 5,
)
def gaps_are_values(df, quasi, sensitive):
    if len(df) == 0 or not {*quasi, sensitive} <= set(df.columns) or sensitive in quasi:
        raise ValueError("rows, all columns, and a complete sensitive column of its own are due")
    classes = {}
    for *key, value in df[[*quasi, sensitive]].itertuples(index=False):
        classes.setdefault(tuple(None if pd.isna(part) else part for part in key), Counter())[value] += 1
    entropies = []
    for counts in classes.values():
        n = sum(counts.values())
        entropies.append(-sum(c / n * math.log(c / n) for c in counts.values()))
    return {"distinct": min(len(counts) for counts in classes.values()), "entropy": math.exp(min(entropies))}
