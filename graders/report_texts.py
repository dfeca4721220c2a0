"""The words of the instructor's report, in the language in use."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from datacentric_helpers.i18n import gettext as _
from graders import similarity
from graders.judge import report

__all__ = ["incident", "level", "percent", "reason", "words"]

LEVELS = ((0.4, "strong"), (0.3, "good"), (0.2, "fair"), (0.0, "weak"), (-math.inf, "reversed"))  # Ebel & Frisbie 1991


def percent(share: float) -> str:
    """``share`` (0 to 1) as a percentage, "–" for NaN."""
    return "–" if pd.isna(share) else f"{100 * share:.0f} %"


def incident(key: str) -> str:
    """What stopped a submission, without the limit: that may have been another one in each run."""
    return {
        "cell": _("a cell ran longer than allowed"), "notebook": _("the notebook ran longer than allowed"),
        "memory": _("more memory was used than allowed"), "processes": _("more processes were started than allowed"),
        "output": _("more was printed than allowed"), "folder": _("files were written into the kernel's socket folder"),
        "died": _("the Python process ended before the notebook did"),
        "protocol": _("the Python process sent what no kernel sends, and was ended"),
        "out of memory": _("an allocation failed for want of memory"), "not run": _("not reached: the run had ended before"),
    }.get(key, key)


def reason(key: str) -> str:
    """Why a check was not judged in full."""
    try:
        return report.reason(key)
    except KeyError:
        return incident(key)


def level(discrimination: float) -> str:
    """In words how well a check tells stronger learners from weaker ones."""
    words = {"strong": _("strong"), "good": _("good"), "fair": _("fair"), "weak": _("weak"), "reversed": _("reversed")}
    if math.isnan(discrimination):
        return _("not defined: all have the same score")
    return words[next(word for least, word in LEVELS if discrimination >= least)]


def words(total: dict[str, Any], pairs: int, listed: int, shown: int) -> dict[str, str]:
    """The page's own texts."""
    return {
        "title": _("Report"), "made": _("made"), "contents": _("Contents"), "handed_in": _("handed in"), "judged": _("judged"),
        "not_judged": _("not judged"), "blank": _("without code of their own"), "mean": _("mean"), "median": _("median"),
        "sd": _("standard deviation"), "of": _("of"), "alpha": _("Cronbach's alpha"), "incidents": _("Stopped by the sandbox"),
        "pairs": _("Similar pairs"), "distribution": _("Scores"), "learners": _("Learners"), "n": _("number"),
        "checks": _("Checks"), "check": _("check"), "points": _("points"), "mean_share": _("mean share"), "full_marks": _("full marks"),
        "discrimination": _("discrimination"), "seconds": _("seconds"), "property": _("property"), "failed": _("failed"),
        "mistakes": _("Commonest mistakes"), "mistake": _("what the learner is told"), "none": _("none"),
        "resources": _("Time and memory"), "memory": _("memory, MB"), "slowest": _("the slowest"), "problems": _("Problems with files"),
        "learner": _("learner"), "score": _("score"), "final": _("final grade"), "penalty": _("late penalty"), "remarks": _("remarks"),
        "by_hand": _("to be graded by hand"), "similarity": _("similarity"), "shared": _("passages in common"),
        "beside": _("side by side"), "groups": _("Who hangs together"), "methods": _("How this was computed"),
        "incident": _("what happened"), "stopped": _("not judged in full"), "cell": _("cell"),
    } | _notes(total, pairs, listed, shown)


def _notes(total: dict[str, Any], pairs: int, listed: int, shown: int) -> dict[str, str]:
    """Whole sentences: what the figures mean, and what they do not."""
    scores = _(
        "Points of the {n} learners who wrote code, out of {maximum:g}. Those without code of their own or without a verdict are left out "
        "here and in the statistics of the checks."
    )
    similar = _(
        "Compared are the learners' own lines, without comments, layout, chosen names and texts; what was handed out, and passages "
        "that more than {many} of the submissions share, do not count. A pair is listed where at least {share} of the smaller one's "
        "passages stand in the other one too; common passages of {least} tokens or more are always found. A single exercise copied "
        "within otherwise different work is not."
    )
    fingerprints = _(
        "Similarity: winnowed fingerprints (Schleimer, Wilkerson & Aiken 2003) of {gram} tokens, share of the smaller set. Submissions "
        "with fewer than {least} fingerprints are not compared."
    )
    return {
        "scores_note": scores.format(n=total["n"], maximum=total["max_score"]),
        "checks_note": _(
            "Mean share of the points: higher is easier. Discrimination: do those who do well elsewhere also do well here? Open a check to "
            "see which property fails."
        ),
        "mistakes_note": _("Known mistakes that explain a learner's answers. Open a line to see who made it."),
        "similar_note": _(
            "A high similarity is a reason to look, not a proof. Short exercises have few different right answers, and learners may have "
            "worked together where that is allowed. Read both before you draw a conclusion."
        ),
        "similar_how": similar.format(
            many=percent(similarity.MANY), share=percent(similarity.THRESHOLD), least=similarity.GRAM + similarity.WINDOW - 1
        ),
        "more": _("{listed} of {n} pairs are listed, {shown} side by side; similar.csv has all.").format(
            listed=min(pairs, listed), n=pairs, shown=min(pairs, shown)
        ),
        "left_out": _("cells without anything in common, left out: {n}"),
        "unread": _("lines of the journal that could not be read: {n}"),
        "method_items": _(
            "Discrimination is the correlation of a check's points with the sum of all other checks (corrected item-total correlation, "
            "Henrysson 1963; point-biserial where a check is all or nothing). From 0.4 strong, from 0.3 good, from 0.2 fair, below weak "
            "(Ebel & Frisbie 1991); below 0 reversed: look at the check. It is not defined where all have the same score. With few "
            "learners all of this is rough."
        ),
        "method_alpha": _(
            "Cronbach's alpha (1951) says how far the checks agree, at most 1; it is computed on points. Not defined where all have the "
            "same sum."
        ),
        "method_similar": fingerprints.format(gram=similarity.GRAM, least=similarity.LEAST),
        "method_grade": _(
            "The score is what the checks gave. The final grade is nbgrader's: with points given by hand, less the late penalty."
        ),
    }
