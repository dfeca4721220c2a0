"""Statistics of an assignment and its checks, as a test's items: difficulty, discrimination, Cronbach's alpha, common mistakes.

Learners without a verdict, and those who wrote no code, say nothing about the checks: they are left out of everything here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from graders.cohort import Cohort

__all__ = ["counted", "cronbach_alpha", "histogram", "item_table", "mistakes", "property_table", "rest_correlation", "shares", "summary"]


def shares(cohort: Cohort) -> pd.DataFrame:
    """Share of the points (0 to 1) by learner (rows) and exercise (columns), in the order of the notebook."""
    checks = counted(cohort)
    order = list(dict.fromkeys(checks["exercise"]))
    return checks.pivot_table(index="student", columns="exercise", values="share", aggfunc="mean").reindex(columns=order).astype(float)


def counted(cohort: Cohort) -> pd.DataFrame:
    """The rows of ``checks`` that count: of learners with a verdict and code of their own."""
    learners = cohort.learners[cohort.learners["judged"] & cohort.learners["written"]]
    return cohort.checks[cohort.checks["student"].isin(learners["student"])]


def summary(cohort: Cohort) -> dict[str, Any]:
    """Numbers of learners, and the distribution of the score of those who wrote something."""
    learners = cohort.learners
    judged = learners[learners["judged"]]
    scores = judged.loc[judged["written"], "score"]
    return {
        "handed_in": len(learners), "judged": len(judged), "not_judged": len(learners) - len(judged),
        "blank": int((~judged["written"]).sum()),
        "n": len(scores), "mean": float(scores.mean()), "median": float(scores.median()), "sd": float(scores.std(ddof=1)),
        "max_score": float(learners["max_score"].max()), "alpha": cronbach_alpha(points(cohort)),
    }


def points(cohort: Cohort) -> pd.DataFrame:
    """``shares`` times each check's points."""
    table = shares(cohort)
    worth = cohort.checks.groupby("exercise")["max_points"].max()
    return table * worth.reindex(table.columns)


def item_table(cohort: Cohort) -> pd.DataFrame:
    """One row a check: points, mean share (its difficulty: higher is easier), share of learners with full marks, discrimination,
    median seconds, and how often it could not be judged in full."""
    table, checks = shares(cohort), counted(cohort).groupby("exercise")
    found = pd.DataFrame({
        "title": [cohort.titles.get(name, name) for name in table.columns],
        "points": checks["max_points"].max().reindex(table.columns).to_numpy(),
        "mean_share": table.mean().to_numpy(),
        "full_marks": (table >= 1).mean().to_numpy(),
        "discrimination": rest_correlation(points(cohort)).to_numpy(),
        "seconds": checks["seconds"].median().reindex(table.columns).to_numpy(),
        "incidents": checks["incident"].agg(lambda keys: int((keys != "").sum())).reindex(table.columns).to_numpy(),
    }, index=table.columns)
    return found.rename_axis("exercise").reset_index()


def rest_correlation(items: pd.DataFrame) -> pd.Series[float]:
    """Correlation of each column with the sum of the others, NaN where one of the two is the same for all.

    The item-total correlation corrected for the item itself (Henrysson 1963); for an item that is all or nothing it is the
    point-biserial one.

    >>> rest_correlation(pd.DataFrame({"a": [0, 1, 1], "b": [0, 1, 1], "c": [1, 1, 1]})).round(2).tolist()
    [1.0, 1.0, nan]
    """
    found = {}
    for name in items:
        rest = items.drop(columns=name).sum(axis=1)
        varied = items[name].nunique() > 1 and np.ptp(rest) > 1e-9
        found[name] = float(items[name].corr(rest)) if varied else float("nan")
    return pd.Series(found, dtype=float)


def cronbach_alpha(items: pd.DataFrame) -> float:
    """Cronbach's alpha (1951), k/(k-1) · (1 - sum of the items' variances / variance of the sum): how far the items agree, at most 1.

    NaN for fewer than two items or learners, or where all have the same sum.

    >>> round(cronbach_alpha(pd.DataFrame({"a": [0, 1, 2], "b": [0, 1, 2]})), 2)
    1.0
    """
    k, total = items.shape[1], items.sum(axis=1)
    if k < 2 or len(items) < 2 or np.ptp(total) < 1e-9:
        return float("nan")
    return float(k / (k - 1) * (1 - items.var(ddof=1).sum() / total.var(ddof=1)))


def property_table(cohort: Cohort) -> pd.DataFrame:
    """For each property of each check, how many were judged and which share failed, in the order of the notebook."""
    found = cohort.properties[cohort.properties["student"].isin(shares(cohort).index)].astype({"held": bool})
    table = found.groupby(["exercise", "property"], sort=False)["held"].agg(["size", "mean"]).reset_index()
    return pd.DataFrame({**{c: table[c] for c in ("exercise", "property")}, "judged": table["size"], "failed": 1 - table["mean"]})


def mistakes(cohort: Cohort) -> pd.DataFrame:
    """Known mistakes, most frequent first: exercise, message (English), number of learners, who made it."""
    checks = counted(cohort)
    made = checks[checks["mistake"] != ""]
    groups = made.groupby(["exercise", "mistake"], sort=False)["student"]
    table = pd.DataFrame({"learners": groups.size(), "who": groups.agg(list)}).reset_index()
    return table.sort_values(["learners", "exercise"], ascending=[False, True], kind="stable").reset_index(drop=True)


def histogram(values: pd.Series[float], high: float, bins: int) -> list[dict[str, float]]:
    """Counts of ``values`` in ``bins`` equal intervals from 0 to ``high`` (to 1 where that is 0 or NaN)."""
    counts, edges = np.histogram(values.dropna(), bins=bins, range=(0.0, high if high > 0 else 1.0))
    return [{"low": float(a), "high": float(b), "n": int(n)} for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]
