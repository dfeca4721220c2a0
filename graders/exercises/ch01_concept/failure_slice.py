"""The trigger of a data engine: in which part of the stream does the model fail significantly more often?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

ONE, TWO = "a slice of one attribute", "a slice of two attributes"
FEW, SMALLEST = "few items prove little", "the minimum size is reached by exactly that many"
NOTHING, SHORT = "where nothing stands out, None", "of equally bad slices the shortest description, then the first"
MISSING, REFUSED = "an item without an entry lies in no slice of that attribute", "impossible input is refused"


def reference(log: pd.DataFrame, min_size: int) -> dict[str, Any] | None:
    """Every conjunction of one or two attribute values, item by item; statsmodels gives Wilson's lower bound at z = 1.96.

    Raises ValueError for an empty log, missing columns "label" or "prediction", or ``min_size`` below 1.
    """
    if not {"label", "prediction"} <= set(log.columns) or len(log) == 0 or min_size < 1:
        raise ValueError("a log has items with a label and a prediction; a slice has an item")
    wrong = (log["label"] != log["prediction"]).tolist()
    attributes = sorted(set(log.columns) - {"label", "prediction"})
    found = []
    for pair in itertools.chain(itertools.combinations(attributes, 1), itertools.combinations(attributes, 2)):
        rows = log[list(pair)].dropna()
        for values in sorted({tuple(row) for row in rows.itertuples(index=False, name=None)}):
            inside = [error for row, error in zip(log[list(pair)].itertuples(index=False, name=None), wrong) if row == values]
            if len(inside) >= min_size:
                lower = proportion_confint(sum(inside), len(inside), alpha=2 * norm.sf(1.96), method="wilson")[0]
                found.append((lower, dict(zip(pair, values)), len(inside), sum(inside)))
    worst = max(found, key=lambda entry: entry[0], default=None)  # max keeps the first of equals: shortest, then alphabetical
    if worst is None or worst[0] <= sum(wrong) / len(wrong):
        return None
    return {"slice": worst[1], "n": worst[2], "errors": worst[3], "lower": float(worst[0])}


def stream(groups: list[tuple[dict[str, Any], int, int]]) -> pd.DataFrame:
    """A log from (attributes, items, errors) triples; labels and predictions are class names."""
    rows = []
    for attributes, n, errors in groups:
        rows += [{**attributes, "label": "car", "prediction": "truck" if i < errors else "car"} for i in range(n)]
    return pd.DataFrame(rows)


def random_stream(rng: np.random.Generator, n: int, bad: dict[str, str]) -> pd.DataFrame:
    """Three attributes, 5 % errors, 45 % where all of ``bad`` holds; labels and predictions are numbers."""
    log = pd.DataFrame({
        "weather": rng.choice(["fog", "rain", "sun"], size=n), "time": rng.choice(["day", "night"], size=n),
        "camera": rng.choice(["front", "left", "right"], size=n), "label": rng.integers(0, 4, size=n),
    })
    hit = np.logical_and.reduce([log[key] == value for key, value in bad.items()])
    wrong = rng.random(n) < np.where(hit, 0.45, 0.05)
    log["prediction"] = np.where(wrong, (log["label"] + 1) % 4, log["label"])
    return log


def holes(rng: np.random.Generator) -> pd.DataFrame:
    """A fog that fails only where the camera's name was lost."""
    log = random_stream(rng, 240, {"weather": "fog"})
    lost = (log["weather"] == "fog") & (log.index % 2 == 0)
    log["camera"] = log["camera"].where(~lost, None)
    log["prediction"] = np.where(lost, (log["label"] + 1) % 4, log["label"])
    return log


NIGHT = stream([
    ({"time": "day", "weather": "sun"}, 60, 2), ({"time": "day", "weather": "fog"}, 30, 2),
    ({"time": "night", "weather": "sun"}, 30, 2), ({"time": "night", "weather": "fog"}, 20, 13),
])


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One item, one attribute, no attribute, random streams, ties, holes, then what must be refused."""
    yield Case(ONE, (stream([({"weather": "fog"}, 12, 9), ({"weather": "sun"}, 40, 2), ({"weather": "ice"}, 20, 3)]), 5))
    yield Case(ONE, (stream([({"weather": "fog"}, 20, 11), ({"weather": "sun"}, 60, 3), ({"weather": "ice"}, 4, 3)]), 3))
    for bad in ({"weather": "fog"}, {"camera": "right"}):
        yield Case(ONE, (random_stream(rng, 300, bad), 20))
    for bad in ({"weather": "rain", "time": "night"}, {"time": "day", "camera": "left"}):
        yield Case(TWO, (random_stream(rng, 600, bad), 20))
    yield Case(FEW, (stream([({"a": "x"}, 1, 1), ({"a": "y"}, 30, 12), ({"a": "z"}, 60, 3)]), 1))
    yield Case(FEW, (stream([({"a": "x"}, 4, 3), ({"a": "y"}, 200, 90), ({"a": "z"}, 400, 10)]), 1))
    big = int(rng.integers(5, 9))
    yield Case(SMALLEST, (stream([({"a": "x"}, big, big), ({"a": "y"}, 50, 1)]), big))
    yield Case(SMALLEST, (stream([({"a": "x"}, big, big), ({"a": "y"}, 50, 1)]), big + 1))
    yield Case(NOTHING, (stream([({"a": "x"}, 20, 4), ({"a": "y"}, 20, 3)]), 1))
    yield Case(NOTHING, (stream([({}, 20, 4)]), 1))
    yield Case(NOTHING, (stream([({"a": "x"}, 20, 0), ({"a": "y"}, 20, 0)]), 1))
    yield Case(NOTHING, (stream([({"a": "x"}, 1, 0)]), 1))
    yield Case(NOTHING, (stream([({"a": "x"}, 6, 6), ({"a": "y"}, 30, 1)]), 100))
    yield Case(SHORT, (stream([({"a": "x", "b": "u"}, 15, 12), ({"a": "y", "b": "v"}, 60, 3)]), 5))
    yield Case(SHORT, (stream([({"b": "y"}, 10, 8), ({"b": "x"}, 10, 8), ({"b": "w"}, 40, 1)]), 5))
    yield Case(SHORT, (stream([({"b": "x", "a": "k"}, 10, 8), ({"b": "z", "a": "m"}, 40, 1), ({"b": "z", "a": "n"}, 40, 0)]), 5))
    yield Case(SHORT, (stream([
        ({"d": "x", "c": "u", "b": "x"}, 10, 9), ({"d": "x", "c": "v", "b": "y"}, 30, 1), ({"d": "y", "c": "u", "b": "y"}, 30, 1)]), 5))
    yield Case(MISSING, (holes(rng), 10))
    yield Case(MISSING, (stream([({"a": None}, 12, 12), ({"a": "x"}, 20, 11), ({"a": "y"}, 60, 2), ({"a": "z"}, 4, 3)]), 3))
    yield Case(MISSING, (pd.concat([NIGHT, stream([({"time": "night", "weather": None}, 10, 0)])], ignore_index=True), 10))
    fine = stream([({"a": "x"}, 12, 9), ({"a": "y"}, 40, 2)])
    yield Case(REFUSED, (fine.drop(columns="label"), 5), raises="ValueError")
    yield Case(REFUSED, (fine.drop(columns="prediction"), 5), raises="ValueError")
    yield Case(REFUSED, (fine.iloc[:0], 5), raises="ValueError")
    for size in (0, -3):
        yield Case(REFUSED, (fine, size), raises="ValueError")


exercise = Exercise(
    id="failure_slice",
    title="The slice in which the model fails",
    points=5,
    minutes=20,
    hints=(
        "Make one column first: `wrong = log[\"label\"] != log[\"prediction\"]`. A slice then is a group of rows, and needs only two numbers: how "
        "many items, and how many of them are wrong.",
        "`itertools.combinations(attributes, size)` for size 1 and 2 gives the attributes, and `wrong.groupby([log[a] for a in ...])` one "
        "group for each of their values. By default `groupby` leaves out rows with a missing entry, which is what is asked for.",
        "Go through the slices from the shortest description to the longest, each in alphabetical order, and replace the best one only "
        "where the new bound is *larger*: then ties need no further thought. Compare the winner with the error rate of the whole log.",
    ),
    compare=close(rtol=1e-6, atol=1e-9),  # counts are whole numbers, the bound is one formula
    reference=reference,
    public=(
        Case(ONE, (stream([({"weather": "fog"}, 20, 11), ({"weather": "sun"}, 60, 3), ({"weather": "rain"}, 30, 4)]), 5)),
        Case(TWO, (NIGHT, 10)),
        Case(FEW, (stream([({"camera": "left"}, 2, 2), ({"camera": "right"}, 40, 18), ({"camera": "front"}, 80, 4)]), 1)),
        Case(SMALLEST, (stream([({"camera": "left"}, 8, 7), ({"camera": "right"}, 60, 3)]), 8)),
        Case(NOTHING, (stream([({"camera": "left"}, 30, 4), ({"camera": "right"}, 30, 3)]), 5)),
        Case(SHORT, (stream([({"time": "night", "lights": "on"}, 20, 15), ({"time": "day", "lights": "off"}, 60, 2)]), 5)),
        Case(MISSING, (stream([({"camera": None}, 15, 15), ({"camera": "left"}, 20, 10), ({"camera": "right"}, 60, 2)]), 5)),
        Case(REFUSED, (NIGHT.drop(columns="label"), 10), raises="ValueError"),
        Case(REFUSED, (NIGHT, 0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_dicts(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    counts = {}
    names = sorted(name for name in log.columns if name not in ("label", "prediction"))
    for _, row in log.iterrows():
        known = [(name, row[name]) for name in names if not pd.isna(row[name])]
        for slice_ in [(a,) for a in known] + [(a, b) for i, a in enumerate(known) for b in known[i + 1 :]]:
            n, errors = counts.get(slice_, (0, 0))
            counts[slice_] = (n + 1, errors + int(row["label"] != row["prediction"]))
    z = 1.96
    ranked = []
    for slice_, (n, errors) in counts.items():
        if n >= min_size:
            p = errors / n
            lower = (p + z**2 / (2 * n) - z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
            ranked.append((-lower, len(slice_), [name for name, _ in slice_], [value for _, value in slice_], n, errors))
    if not ranked:
        return None
    lower, _, keys, values, n, errors = min(ranked)
    if -lower <= (log["label"] != log["prediction"]).mean():
        return None
    return {"slice": dict(zip(keys, values)), "n": n, "errors": errors, "lower": -lower}


@exercise.right
def with_a_warning(log, min_size):
    import warnings

    if min_size < 1 or log.empty or any(name not in log.columns for name in ("label", "prediction")):
        raise ValueError("label, prediction, an item and a positive size are due")
    data = log.assign(wrong_=(log["label"] != log["prediction"]).astype(int))
    names = sorted(set(log.columns) - {"label", "prediction"})
    if len(names) > 10:
        warnings.warn("many attributes: some slice will look bad by chance")
    warnings.warn("the worst of many slices looks worse than it is")
    best, found = data["wrong_"].mean(), None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        table = data.dropna(subset=keys).groupby(keys)["wrong_"].agg(["size", "sum"])
        for value, (n, errors) in zip(table.index, table.to_numpy().tolist()):
            middle, half = errors + 1.96**2 / 2, 1.96 * (errors * (n - errors) / n + 1.96**2 / 4) ** 0.5
            lower = (middle - half) / (n + 1.96**2)
            if n >= min_size and lower > best + 1e-12:
                values = value if isinstance(value, tuple) else (value,)
                best, found = lower, {"slice": dict(zip(keys, values)), "n": n, "errors": errors, "lower": lower}
    return found


@exercise.wrong(
    "You took the slice with the highest error *rate*. One wrong item out of one is 100 %, and the smallest slices win every time. Rank by "
    "the lower end of Wilson's interval: it is low where there are few items.",
    share=5 / 8,
)
def highest_rate(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = wrong.mean(), None
    highest = 0.0
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a] for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            lower = (e / n + z * z / (2 * n) - z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n >= min_size and e / n > highest:
                highest = e / n
                found = {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": lower} if lower > best else None
    return found


@exercise.wrong(
    "This is the normal (Wald) interval, $\\hat p \\pm z\\sqrt{\\hat p(1-\\hat p)/n}$. Where every item of a slice is wrong its width is 0, so "
    "two errors out of two look like certainty. Wilson's interval keeps its width there.",
    share=2 / 8,
)
def wald(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = wrong.mean(), None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a] for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            lower = e / n - z * math.sqrt(e / n * (1 - e / n) / n)
            if n >= min_size and lower > best:
                best, found = lower, {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": lower}
    return found


@exercise.wrong(
    "You rank by the *upper* end of the interval. It is highest where you know least, so that tiny slices win. The lower end says what "
    "the data prove at least.",
    share=0,
)
def upper_end(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = wrong.mean(), None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a] for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            upper = (e / n + z * z / (2 * n) + z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n >= min_size and upper > best:
                best, found = upper, {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": upper}
    return found


@exercise.wrong(
    "You look at one attribute at a time. The model may be fine at night and fine in fog and fail in fog at night; each single attribute "
    "then shows only a diluted trace of it. Try the pairs of attributes as well.",
    share=5 / 8,
)
def single_attributes(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    best, found = wrong.mean(), None
    for key in sorted(set(log.columns) - {"label", "prediction"}):
        for value, part in wrong.groupby(log[key]):
            n, e, z = len(part), int(part.sum()), 1.96
            lower = (e / n + z * z / (2 * n) - z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n >= min_size and lower > best:
                best, found = lower, {"slice": {key: value}, "n": n, "errors": e, "lower": lower}
    return found


@exercise.wrong(
    "You always return some slice. The worst of many is always a little worse than the average; an alarm that rings every night is "
    "switched off. Return None unless the lower bound lies above the error rate of the whole log.",
    share=6 / 8,
)
def always_an_alarm(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = -1.0, None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a] for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            lower = (e / n + z * z / (2 * n) - z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n >= min_size and lower > best:
                best, found = lower, {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": lower}
    return found


@exercise.wrong(
    "A slice of exactly `min_size` items is left out. The minimum is the smallest size that is allowed: compare with `>=`.",
    share=7 / 8,
)
def larger_than_the_minimum(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = wrong.mean(), None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a] for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            lower = (e / n + z * z / (2 * n) - z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n > min_size and lower > best:
                best, found = lower, {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": lower}
    return found


@exercise.wrong(
    "Of slices that hold the very same items you return the longer description. Who shall act on the alarm needs the shortest one: \"at "
    "night\", not \"at night with lights on\", if lights are always on at night. Replace the best only by a *larger* bound.",
    share=7 / 8,
)
def longest_description(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = wrong.mean(), None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a] for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            lower = (e / n + z * z / (2 * n) - z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n >= min_size and lower > wrong.mean() and lower >= best:
                best, found = lower, {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": lower}
    return found


@exercise.wrong(
    "You treat a missing entry as a value of its own. \"Camera unknown\" is no place where new data could be collected; it is a fault of the "
    "logging. Leave those items out of the slices of that attribute; their errors still count for the whole log.",
    share=7 / 8,
)
def missing_as_a_value(log, min_size):
    if "label" not in log or "prediction" not in log or len(log) == 0 or min_size < 1:
        raise ValueError("label, prediction, an item and a positive size are due")
    wrong = (log["label"] != log["prediction"]).astype(int)
    names = sorted(set(log.columns) - {"label", "prediction"})
    best, found = wrong.mean(), None
    for keys in [[a] for a in names] + [[a, b] for a in names for b in names if a < b]:
        for value, part in wrong.groupby([log[a].fillna("missing") for a in keys]):
            n, e, z = len(part), int(part.sum()), 1.96
            values = value if isinstance(value, tuple) else (value,)
            lower = (e / n + z * z / (2 * n) - z * math.sqrt(e / n * (1 - e / n) / n + z * z / (4 * n * n))) / (1 + z * z / n)
            if n >= min_size and lower > best:
                best, found = lower, {"slice": dict(zip(keys, values)), "n": n, "errors": e, "lower": lower}
    return found
