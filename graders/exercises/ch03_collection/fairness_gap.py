"""Two fairness gaps of a decision: demographic parity and equal opportunity."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import recall_score

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

TWO, MORE = "two groups", "more than two groups: largest less smallest"
NOBODY = "a group in which nobody qualifies: equal opportunity is nan"
LENGTHS, ONE, VALUES = "different lengths are refused", "fewer than two groups are refused", "values other than 0 and 1 are refused"


def reference(y_true: Sequence[int], y_pred: Sequence[int], group: Sequence[str]) -> dict[str, float]:
    """The range over the groups of the selection rate, and of scikit-learn's recall (nan where a group has no positive item).

    Raises ValueError for different lengths, fewer than two groups, and values other than 0 and 1.
    """
    table = pd.DataFrame({"true": y_true, "pred": y_pred, "group": group})  # a ValueError where the lengths differ
    if not table[["true", "pred"]].isin([0, 1]).all(axis=None) or table["group"].nunique() < 2:
        raise ValueError("0 and 1 are due, and two groups")
    rates = table.groupby("group")["pred"].mean()
    recalls = [recall_score(part["true"], part["pred"]) if part["true"].any() else math.nan for _name, part in table.groupby("group")]
    return {"demographic_parity": float(rates.max() - rates.min()), "equal_opportunity": float(np.ptp(recalls))}


def people(rng: np.random.Generator, n: int, rates: dict[str, tuple[float, float, float]]) -> tuple[list[int], list[int], list[str]]:
    """``n`` people a group: share that qualifies, share of these and of the others that is chosen; one of each kind at least."""
    true, pred, group = [], [], []
    for name, (qualified, hit, false) in rates.items():
        t = np.r_[1, 1, 0, 0, rng.random(n) < qualified].astype(int)
        p = np.r_[1, 0, 1, 0, rng.random(n) < np.where(t[4:] == 1, hit, false)].astype(int)
        true += t.tolist()
        pred += p.tolist()
        group += [name] * (n + 4)
    order = rng.permutation(len(true))
    return [true[i] for i in order], [pred[i] for i in order], [group[i] for i in order]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Known extremes first, then random groups that differ in need, in hits and in false alarms."""
    yield Case(TWO, ([1, 1, 0, 1, 0, 0], [1, 1, 0, 0, 1, 1], ["a", "a", "a", "b", "b", "b"]))
    yield Case(TWO, ([1, 0, 0, 0, 1, 1, 1, 0], [1, 0, 0, 0, 1, 1, 1, 0], ["a"] * 4 + ["b"] * 4))
    for _ in range(3):
        n = int(rng.integers(20, 40))
        yield Case(TWO, people(rng, n, {"zoe": (0.2, 0.9, 0.1), "ann": (0.6, 0.5, 0.4)}))
        yield Case(MORE, people(rng, n, {"north": (0.3, 0.6, 0.3), "east": (0.5, 0.95, 0.05), "south": (0.4, 0.3, 0.6), "west": (0.4, 0.6, 0.3)}))
        true, pred, group = people(rng, n, {"old": (0.5, 0.7, 0.2), "new": (0.4, 0.4, 0.1)})
        yield Case(NOBODY, ([0 if g == "new" else t for t, g in zip(true, group, strict=True)], pred, group))
    yield Case(NOBODY, ([0, 0, 0, 0], [1, 0, 0, 0], ["a", "a", "b", "b"]))
    yield Case(LENGTHS, ([1, 0, 1], [1, 0, 1], ["a", "b", "a", "b"]), raises="ValueError")
    yield Case(LENGTHS, ([1, 0, 1, 1], [1, 0, 1], ["a", "b", "a"]), raises="ValueError")
    yield Case(ONE, ([], [], []), raises="ValueError")
    yield Case(VALUES, ([1, 0, 2, 1], [1, 0, 1, 1], ["a", "a", "b", "b"]), raises="ValueError")
    yield Case(VALUES, ([1, 0, 1, 1], [0.5, 0.2, 0.9, 0.1], ["a", "a", "b", "b"]), raises="ValueError")


exercise = Exercise(
    id="fairness_gap",
    title="The fairness gaps of a decision",
    points=3,
    minutes=12,
    hints=(
        "Go through the groups. For each: the mean of `y_pred` over all its people, and the mean of `y_pred` over those with `y_true` 1.",
        "Each gap is the largest of the groups' rates less the smallest, so it is never negative.",
        "A mean over nobody is nan, and Python's `max` handles nan by luck of the order: `np.max` and `np.ptp` pass nan on.",
    ),
    compare=close(),  # differences of quotients of whole numbers
    reference=reference,
    public=(
        Case(TWO, ([1, 1, 0, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0, 1, 0], ["a"] * 4 + ["b"] * 4)),
        Case(MORE, ([1, 1, 0, 1, 1, 0, 1, 1, 0], [1, 0, 0, 1, 1, 1, 0, 0, 0], ["a", "a", "a", "b", "b", "b", "c", "c", "c"])),
        Case(NOBODY, ([1, 1, 0, 0, 0], [1, 0, 0, 1, 0], ["a", "a", "a", "b", "b"])),
        Case(LENGTHS, ([1, 0], [1, 0, 1], ["a", "b", "b"]), raises="ValueError"),
        Case(ONE, ([1, 0], [1, 0], ["a", "a"]), raises="ValueError"),
        Case(VALUES, ([1, 0], ["yes", "no"], ["a", "b"]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_pandas(y_true, y_pred, group):
    table = pd.DataFrame({"y": y_true, "chosen": y_pred, "group": group})
    if table["group"].nunique() < 2 or not table[["y", "chosen"]].isin([0, 1]).all(axis=None):
        raise ValueError("two groups or more are due, and 0 or 1 for everybody")
    everybody = table.groupby("group")["chosen"].mean()
    qualified = table[table["y"] == 1].groupby("group")["chosen"].mean().reindex(everybody.index)
    return {
        "demographic_parity": everybody.max() - everybody.min(),
        "equal_opportunity": qualified.max(skipna=False) - qualified.min(skipna=False),
    }


@exercise.right
def with_a_loop(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.right
def with_a_warning(y_true, y_pred, group):
    import warnings

    true, pred, names = np.asarray(y_true), np.asarray(y_pred), np.asarray(group)
    if true.shape != pred.shape or true.shape != names.shape or len(np.unique(names)) < 2:
        raise ValueError("lists of one length and two groups are due")
    if not (np.isin(true, [0, 1]).all() and np.isin(pred, [0, 1]).all()):
        raise ValueError("0 and 1 are due")
    counts = [int((names == name).sum()) for name in np.unique(names)]
    if min(counts) < 30:
        warnings.warn("a group of fewer than 30: the gap may be luck", stacklevel=2)
    chosen = [pred[names == name].mean() for name in np.unique(names)]
    hits = [pred[(names == name) & (true == 1)].mean() for name in np.unique(names)]
    return {"demographic_parity": np.ptp(chosen), "equal_opportunity": np.ptp(hits)}


@exercise.wrong(
    "You compared accuracy. A rule can be equally often right in two groups and yet choose nobody of one of them: here it "
    "counts who is chosen, first among all, then among the qualified.",
    share=0,
)
def accuracy(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(t == p for t, p in rows) / len(rows))
        hits.append(sum(t == p for t, p in rows) / len(rows))
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.wrong(
    "You divided by the people chosen: that is precision. Equal opportunity asks from the other side, of those who qualify "
    "(`y_true` 1), what share was chosen?",
    share=4 / 6,
)
def precision(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / max(1, sum(p for t, p in rows)) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.wrong(
    "You compared the rates among people with `y_true` 0. That is the gap in false alarms; equal opportunity looks at those "
    "who qualify.",
    share=0,
)
def false_alarms(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 0]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.wrong(
    "You subtracted one group from another in the order of their names. The gap is largest less smallest over *all* groups: "
    "never negative, and with three groups the middle one must not hide an end.",
    share=0,
)
def first_minus_last(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": chosen[0] - chosen[-1], "equal_opportunity": hits[0] - hits[-1]}


@exercise.wrong(
    "You compared the first two groups only. With more groups the gap is between the best and the worst treated, whichever "
    "they are.",
    share=5 / 6,
)
def two_groups_only(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen[:2]) - min(chosen[:2]), "equal_opportunity": np.ptp(hits[:2])}


@exercise.wrong(
    "You returned ratios (the four-fifths form). The gaps here are differences of rates: 0 is equal treatment, 1 the widest "
    "gap.",
    share=0,
)
def ratio(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": min(chosen) / max(max(chosen), 1e-9), "equal_opportunity": np.min(hits) / max(np.max(hits), 1e-9)}


@exercise.wrong(
    "For a group in which nobody qualifies you put a rate of 0. Nobody was passed over there, and nobody was chosen rightly "
    "either: the rate does not exist, so the gap is nan.",
    share=5 / 6,
)
def nobody_counts_as_zero(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else 0.0)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.wrong(
    "You left out the group in which nobody qualifies, and reported a gap between the others. A reader will take it for all "
    "groups: return nan, so that the hole is seen.",
    share=5 / 6,
)
def nobody_left_out(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.nanmax([*hits, -1]) - np.nanmin([*hits, 2]) if not all(map(math.isnan, hits)) else 0.0}


@exercise.wrong(
    "`zip` stops at the shortest list without a word, and the people behind it vanish. Compare the three lengths first.",
    share=5 / 6,
)
def lengths_not_compared(y_true, y_pred, group):
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.wrong(
    "With a single group your gap is 0, perfectly fair. There is nothing to compare; most likely the group's column was "
    "read wrongly. Raise a ValueError.",
    share=5 / 6,
)
def one_group_is_fair(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) == 0:
        return {"demographic_parity": 0.0, "equal_opportunity": 0.0}
    if not {*y_true, *y_pred} <= {0, 1}:
        raise ValueError("0 and 1 are due")
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}


@exercise.wrong(
    "You took numbers other than 0 and 1 for decisions. A mean of scores is not a rate of decisions: apply the threshold "
    "first, or refuse.",
    share=5 / 6,
)
def scores_taken(y_true, y_pred, group):
    if not len(y_true) == len(y_pred) == len(group):
        raise ValueError("three lists of one length are due")
    if len(set(group)) < 2:
        raise ValueError("two groups or more are due")
    y_pred = [float(p) if not isinstance(p, str) else float(p == "yes") for p in y_pred]
    chosen, hits = [], []
    for name in sorted(set(group)):
        rows = [(t, p) for t, p, g in zip(y_true, y_pred, group) if g == name]
        positive = [p for t, p in rows if t == 1]
        chosen.append(sum(p for t, p in rows) / len(rows))
        hits.append(sum(positive) / len(positive) if positive else math.nan)
    return {"demographic_parity": max(chosen) - min(chosen), "equal_opportunity": np.max(hits) - np.min(hits)}
