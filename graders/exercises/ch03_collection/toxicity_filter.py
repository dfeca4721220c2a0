"""What a filter removes at each threshold: toxic comments that stay, harmless ones that go, by group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

TRADE, EDGE = "what stays and what goes at a threshold", "a score on the threshold is removed"
GROUPS, NOBODY = "three groups: largest less smallest", "a group without harmless comments: nan, and not in the gap"
REFUSED, NOTHING = "different lengths and missing scores are refused", "no toxic or no harmless comment: refused"


def reference(scores: Sequence[float], toxic: Sequence[bool], group: Sequence[str], thresholds: Sequence[float]) -> list[dict[str, Any]]:
    """A dict per threshold: threshold, toxic_left, harmless_removed (by group), gap; from a table of all comments at all thresholds.

    Raises ValueError for lists of different lengths, scores that are NaN, and where no comment is toxic, or none harmless.
    """
    table = pd.DataFrame({"score": scores, "toxic": toxic, "group": group})  # a ValueError where the lengths differ
    if table["score"].isna().any() or table["toxic"].nunique() < 2:
        raise ValueError("a score is missing, or all comments are of one kind")
    rows = []
    for threshold in thresholds:
        table["removed"] = table["score"] >= threshold
        harmless = table[~table["toxic"].astype(bool)].groupby("group")["removed"].mean()
        kept = 1 - table.loc[table["toxic"].astype(bool), "removed"].mean()
        by_group = harmless.reindex(sorted(set(group))).to_dict()
        rows.append({"threshold": threshold, "toxic_left": kept, "harmless_removed": by_group, "gap": harmless.max() - harmless.min()})
    return rows


def comments(rng: np.random.Generator, n: int, shift: dict[str, float]) -> tuple[list[float], list[bool], list[str]]:
    """Harmless and toxic comments about each group; the filter's scores for a group are higher by ``shift``, with two decimals."""
    scores, toxic, group = [], [], []
    for name, up in shift.items():
        kinds = np.r_[True, False, rng.random(n) < 0.4]
        raw = np.where(kinds, rng.beta(4, 2, n + 2), rng.beta(2, 4, n + 2)) + up
        scores += np.clip(raw, 0, 1).round(2).tolist()
        toxic += kinds.tolist()
        group += [name] * (n + 2)
    order = rng.permutation(len(scores))
    return [scores[i] for i in order], [toxic[i] for i in order], [group[i] for i in order]


def between(scores: Sequence[float], thresholds: Sequence[float]) -> list[float]:
    """``scores`` moved off the thresholds, so that a case does not test the edge by the way."""
    return [score + 0.003 if score in thresholds else score for score in scores]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Thresholds that remove all and nothing, scores on the threshold, then random comments."""
    yield Case(TRADE, ([0.2, 0.9, 0.6, 0.1], [False, True, False, True], ["a", "a", "b", "b"], [1.0, 0.0]))
    yield Case(TRADE, ([0.3, 0.7], [False, True], ["a", "a"], [0.5]))
    yield Case(TRADE, ([0.3, 0.7, 0.6, 0.2], [False, True, False, True], ["b", "b", "a", "a"], []))
    yield Case(EDGE, ([0.5, 0.5, 0.2, 0.8], [True, False, False, True], ["a", "b", "a", "b"], [0.2, 0.5, 0.8]))
    for _ in range(3):
        n, two = int(rng.integers(12, 25)), sorted(rng.choice([0.35, 0.45, 0.55, 0.65], 3, replace=False).tolist())
        scores, toxic, group = comments(rng, n, {"valley": 0.0, "island": 0.2})
        yield Case(TRADE, (between(scores, two), toxic, group, two))
        yield Case(EDGE, ([round(s, 1) for s in scores], toxic, group, [0.3, 0.4, 0.6]))
        scores, toxic, group = comments(rng, n, {"hill": 0.1, "island": 0.3, "valley": 0.0, "town": 0.12})
        yield Case(GROUPS, (between(scores, two), toxic, group, two))
        scores, toxic, group = comments(rng, n, {"valley": 0.0, "island": 0.2, "hill": 0.0})
        toxic = [t or g == "hill" for t, g in zip(toxic, group, strict=True)]
        yield Case(NOBODY, (between(scores, two), toxic, group, two))
    yield Case(REFUSED, ([0.1, 0.9], [False, True, True], ["a", "b", "b"], [0.5]), raises="ValueError")
    yield Case(REFUSED, ([0.1, 0.9, 0.4], [False, True, True], ["a", "b"], [0.5]), raises="ValueError")
    yield Case(NOTHING, ([0.1, 0.9], [False, False], ["a", "b"], [0.5]), raises="ValueError")


exercise = Exercise(
    id="toxicity_filter",
    title="What does the filter remove, and from whom?",
    points=4,
    minutes=15,
    hints=(
        "For one threshold: `removed = scores >= threshold`, as an array. Everything else is a mean of `removed` over a part of the comments.",
        "Two different parts: `toxic_left` looks at the toxic comments of all groups, `harmless_removed` at the harmless ones of one group.",
        "The mean over no comments is nan. `np.nanmax` and `np.nanmin` leave nan out of the gap.",
    ),
    compare=close(),  # quotients of whole numbers
    reference=reference,
    public=(
        Case(TRADE, (
            [0.9, 0.7, 0.2, 0.1, 0.8, 0.3, 0.6, 0.4], [True, False, False, False, True, True, False, False],
            ["island"] * 4 + ["valley"] * 4, [0.25, 0.5, 0.75],
        )),
        Case(EDGE, ([0.5, 0.4, 0.5, 0.9], [False, False, False, True], ["island", "valley", "valley", "valley"], [0.5])),
        Case(GROUPS, (
            [0.9, 0.2, 0.7, 0.8, 0.1, 0.3, 0.6], [True, False, False, False, False, False, False],
            ["b", "b", "b", "a", "c", "c", "a"], [0.5],
        )),
        Case(NOBODY, ([0.9, 0.2, 0.7, 0.8], [True, False, False, True], ["a", "a", "a", "b"], [0.5])),
        Case(REFUSED, ([0.1, 0.9], [False, True], ["a"], [0.5]), raises="ValueError"),
        Case(REFUSED, ([0.1, math.nan], [False, True], ["a", "b"], [0.5]), raises="ValueError"),
        Case(NOTHING, ([0.1, 0.9], [True, True], ["a", "b"], [0.5]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_numpy(scores, toxic, group, thresholds):
    scores, toxic, group = np.asarray(scores, dtype=float), np.asarray(toxic, dtype=bool), np.asarray(group)
    if not len(scores) == len(toxic) == len(group) or np.isnan(scores).any() or toxic.all() or not toxic.any():
        raise ValueError("lists of one length, scores without gaps, toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        removed = scores >= threshold
        masks = {str(name): ~toxic & (group == name) for name in np.unique(group)}
        shares = {name: removed[mask].mean() if mask.any() else math.nan for name, mask in masks.items()}
        gap = np.nanmax(list(shares.values())) - np.nanmin(list(shares.values()))
        rows.append({"threshold": threshold, "toxic_left": 1 - removed[toxic].mean(), "harmless_removed": shares, "gap": gap})
    return rows


@exercise.right
def with_lists(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.right
def with_a_warning(scores, toxic, group, thresholds):
    import warnings

    if len(scores) < 100:
        warnings.warn("few comments: the shares are rough", stacklevel=2)
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "You removed only scores *above* the threshold. Here a score on the threshold is removed as well (≥): scores with few "
    "decimals lie on it often.",
    share=5 / 6,
)
def above_only(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s <= threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s > threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "You divided by all comments of the group. The question is what happens to those who did nothing wrong: removed "
    "harmless comments by *harmless* comments of the group.",
    share=0,
)
def share_of_all(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / list(group).count(name)
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "You counted every removed comment. Removing toxic ones is what the filter is for; the harm to a group is in the "
    "harmless ones that go with them.",
    share=0,
)
def toxic_too(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "You returned the toxic comments that were caught. `toxic_left` is what stays and is read by people: 1 minus that.",
    share=0,
)
def toxic_caught(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s >= threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "Your gap subtracts one group from another in a fixed order. With three groups it is the largest share less the "
    "smallest, and it is never negative.",
    share=0,
)
def gap_of_two(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": shares[sorted(shares)[0]] - shares[sorted(shares)[-1]]})
    return rows


@exercise.wrong(
    "A group without harmless comments made your gap nan. Its own share does not exist and stays nan in the table; the gap "
    "is taken over the groups that have one.",
    share=5 / 6,
)
def nan_in_the_gap(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": np.max(list(shares.values())) - np.min(list(shares.values()))})
    return rows


@exercise.wrong(
    "You gave a group without harmless comments a share of 0, as if the filter treated it perfectly. There was nothing to "
    "measure: nan.",
    share=5 / 6,
)
def no_harm_is_zero(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else 0.0
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "You sorted the thresholds. Rows come in the order in which the thresholds were asked for; who plots them can sort.",
    share=5 / 6,
)
def sorted_thresholds(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in sorted(thresholds):
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "Lists of different lengths went through, and so did missing scores: `zip` drops what is too much, and NaN is below no "
    "threshold and above none. Refuse both.",
    share=5 / 6,
)
def lengths_not_compared(scores, toxic, group, thresholds):
    if len(set(map(bool, toxic))) < 2:
        raise ValueError("toxic and harmless comments are due")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / len(left), "harmless_removed": shares,
                     "gap": max(known) - min(known)})
    return rows


@exercise.wrong(
    "With no toxic or no harmless comment there is no trade-off to show, and a share of nothing came out. Raise a "
    "ValueError: most likely the labels were read wrongly.",
    share=5 / 6,
)
def nothing_to_trade(scores, toxic, group, thresholds):
    if not len(scores) == len(toxic) == len(group):
        raise ValueError("three lists of one length are due")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is missing")
    rows = []
    for threshold in thresholds:
        left = [s < threshold for s, t in zip(scores, toxic) if t]
        shares = {}
        for name in set(group):
            gone = [s >= threshold for s, t, g in zip(scores, toxic, group) if g == name and not t]
            shares[name] = sum(gone) / len(gone) if gone else math.nan
        known = [share for share in shares.values() if not math.isnan(share)]
        rows.append({"threshold": threshold, "toxic_left": sum(left) / max(1, len(left)), "harmless_removed": shares,
                     "gap": max(known, default=0) - min(known, default=0)})
    return rows
