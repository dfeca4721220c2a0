"""One line per annotator: how much was rated, how often it matches the consensus, and what gets confused with what."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Label = str | None

COMPLETE, GAPS = "complete ratings are summed up", "gaps and undecided items are left out of the agreement"
NOTHING, TIES = "with nothing to compare there is no number", "of equally frequent confusions the first in the alphabet"
REFUSED = "lists that do not fit are refused"


def reference(ratings: Mapping[str, Sequence[Label]], consensus: Sequence[Label]) -> dict[str, dict[str, Any]]:
    """Per annotator ``n_rated`` (items), ``agreement`` (0 to 1, nan: nothing to compare) and ``most_confused``, by pandas.

    ``ratings`` holds one label per item, None = not rated; ``consensus`` one per item, None = undecided.
    Raises ValueError for lists of different lengths, and for a label that is neither a string nor None.
    """
    if any(len(given) != len(consensus) for given in ratings.values()):
        raise ValueError("every annotator needs one entry per item")
    if any(not isinstance(label, str | None) for labels in (consensus, *ratings.values()) for label in labels):
        raise ValueError("a label is a string, or None where there is none")
    report = {}
    for name, given in ratings.items():
        pairs = pd.DataFrame({"consensus": consensus, "given": given}, dtype=object)
        both = pairs.dropna()
        confused = both[both["consensus"] != both["given"]].value_counts(["consensus", "given"])
        most = confused[confused == confused.max()].index.min() if len(confused) else None
        agreement = float((both["consensus"] == both["given"]).mean())
        report[name] = {"n_rated": int(pairs["given"].count()), "agreement": agreement, "most_confused": most}
    return report


def one_winner(given: Sequence[Label], consensus: Sequence[Label]) -> bool:
    """Whether one confusion is the most frequent, without a tie."""
    counts = Counter((c, g) for c, g in zip(consensus, given, strict=True) if c and g and c != g)
    top = [n for _, n in counts.most_common(2)]
    return len(top) == 1 or (len(top) == 2 and top[0] > top[1])


def project(rng: np.random.Generator, n_items: int, gaps: bool) -> tuple[dict[str, list[Label]], list[Label]]:
    """A consensus and three annotators who miss a third of it; with ``gaps``, about a fifth is not rated, a tenth not decided."""
    names = np.array(["bird", "cat", "dog", "fox"])
    while True:
        true = rng.integers(4, size=n_items)
        consensus: list[Label] = names[true].tolist()
        ratings: dict[str, list[Label]] = {
            who: names[np.where(rng.random(n_items) < 0.33, rng.integers(4, size=n_items), true)].tolist() for who in ("Ann", "Bo", "Cho")
        }
        if gaps:
            consensus = [None if rng.random() < 0.1 else label for label in consensus]
            ratings = {who: [None if rng.random() < 0.2 else label for label in given] for who, given in ratings.items()}
        if all(one_winner(given, consensus) for given in ratings.values()):
            return ratings, consensus


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One item, nobody, projects with and without gaps, nothing to compare, ties, then what must be refused."""
    yield Case(COMPLETE, ({"Ann": ["cat"]}, ["cat"]))
    yield Case(COMPLETE, ({"Ann": ["cat"], "Bo": ["dog"]}, ["dog"]))
    yield Case(COMPLETE, ({}, ["cat", "dog"]))
    for n_items in (12, 30, 60):
        yield Case(COMPLETE, project(rng, n_items, gaps=False))
        yield Case(GAPS, project(rng, n_items, gaps=True))
    yield Case(NOTHING, ({"Ann": [], "Bo": []}, []))
    yield Case(NOTHING, ({"Ann": [None, None], "Bo": ["cat", None]}, ["cat", "dog"]))
    yield Case(TIES, ({"Ann": ["dog", "fox", "cat", "dog"]}, ["fox", "dog", "dog", "cat"]))
    order = rng.permutation(4)
    consensus, given = np.array(["dog", "fox", "dog", "emu"])[order], np.array(["emu", "dog", "cat", "ant"])[order]
    yield Case(TIES, ({"Bo": [*given.tolist(), "fox"] * 2}, [*consensus.tolist(), "fox"] * 2))
    yield Case(REFUSED, ({"Ann": ["cat", "dog", "cat"]}, ["cat", "dog"]), raises="ValueError")
    yield Case(REFUSED, ({"Ann": ["cat", "dog"], "Bo": ["cat"]}, ["cat", "dog"]), raises="ValueError")
    yield Case(REFUSED, ({"Ann": ["cat", "dog"]}, ["cat", math.nan]), raises="ValueError")
    yield Case(REFUSED, ({"Ann": ["cat", 3]}, ["cat", "dog"]), raises="ValueError")


exercise = Exercise(
    id="annotator_report",
    title="A report per annotator",
    points=4,
    minutes=12,
    hints=(
        "Three numbers, three sets of items: all that the annotator rated, those of them that are decided, and those of them that differ.",
        "Collect the pairs (consensus, given) in which neither is None; the agreement is the share of pairs with two equal labels.",
        "Count the differing pairs with `Counter`. `min` with a key of (minus the count, pair) settles frequency first, the alphabet second.",
    ),
    compare=close(),  # shares are one division; 1e-6 lets any way of averaging pass
    reference=reference,
    public=(
        Case(COMPLETE, ({"Ann": ["cat", "dog", "cat", "dog"], "Bo": ["cat", "cat", "cat", "cat"]}, ["cat", "dog", "cat", "dog"])),
        Case(
            GAPS,
            (
                {"Ann": ["cat", None, "dog", "cat", "dog"], "Bo": ["dog", "dog", "cat", None, "dog"]},
                ["cat", "dog", None, "dog", "dog"],
            ),
        ),
        Case(NOTHING, ({"Ann": [None, None, None], "Bo": ["cat", "dog", "cat"]}, ["cat", "dog", "cat"])),
        Case(TIES, ({"Ann": ["cat", "dog", "dog", "cat"]}, ["dog", "cat", "dog", "cat"])),
        Case(REFUSED, ({"Ann": ["cat"]}, ["cat", "dog"]), raises="ValueError"),
        Case(REFUSED, ({"Ann": ["cat", math.nan]}, ["cat", "dog"]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_counters(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = Counter(p for p in zip(consensus, given) if None not in p)
        wrong = {p: n for p, n in pairs.items() if p[0] != p[1]}
        total = sum(pairs.values())
        report[name] = {
            "n_rated": len(given) - given.count(None),
            "agreement": 1 - sum(wrong.values()) / total if total else math.nan,
            "most_confused": min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None,
        }
    return report


@exercise.right
def with_a_warning(ratings, consensus):
    import warnings

    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or {type(x) for x in [*given, *consensus]} - {str, type(None)}:
            raise ValueError("one label or None per item is due")
        table = defaultdict(list)
        for c, g in sorted((c, g) for c, g in zip(consensus, given) if c is not None and g is not None):
            table[c, g].append(1)
        groups = {pair: len(ones) for pair, ones in table.items()}
        if not groups:
            warnings.warn(f"{name} rated nothing that is decided")
        same = sum(n for (c, g), n in groups.items() if c == g)
        agreement = np.float64(same) / sum(groups.values()) if groups else np.nan
        wrong = {p: n for p, n in groups.items() if p[0] != p[1]}
        most = max(wrong, key=lambda p: wrong[p]) if wrong else None  # sorted before: max takes the first
        report[name] = {"n_rated": sum(g is not None for g in given), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "Items that an annotator did not rate count as disagreement in your report, so whoever was given less work looks worse. A gap is no "
    "answer: leave it out of both the count and the number you divide by.",
    share=3 / 5,
)
def gaps_are_wrong(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = [p for p in zip(consensus, given) if p[0] is not None]
        wrong = Counter(p for p in pairs if p[0] != p[1] and p[1] is not None)
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else math.nan
        most = min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None
        report[name] = {"n_rated": sum(g is not None for g in given), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "Where the consensus is undecided you counted every rating as a disagreement. Such items are the hard ones: nobody knows the answer "
    "yet, so they can speak neither for nor against an annotator.",
    share=4 / 5,
)
def undecided_is_wrong(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = [p for p in zip(consensus, given) if p[1] is not None]
        wrong = Counter(p for p in pairs if p[0] != p[1] and p[0] is not None)
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else math.nan
        most = min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None
        report[name] = {"n_rated": len(pairs), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "Your `n_rated` leaves out the ratings of undecided items. It says how much work the annotator did, and that work was done whether "
    "or not a consensus came of it. Only the agreement needs a decided item.",
    share=4 / 5,
)
def counts_decided_only(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = [p for p in zip(consensus, given) if None not in p]
        wrong = Counter(p for p in pairs if p[0] != p[1])
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else math.nan
        most = min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None
        report[name] = {"n_rated": len(pairs), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "The two labels of `most_confused` are exchanged. First the consensus, then what the annotator gave: \"cat taken for a dog\" and "
    "\"dog taken for a cat\" ask for different examples in the guideline.",
    share=2 / 5,
)
def pair_exchanged(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = [p for p in zip(given, consensus) if None not in p]
        wrong = Counter(p for p in pairs if p[0] != p[1])
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else math.nan
        most = min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None
        report[name] = {"n_rated": sum(g is not None for g in given), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "Between equally frequent confusions you keep the one that came first in the data, so another order of the items gives another "
    "report. `Counter.most_common` does that. Settle ties by the alphabet.",
    share=4 / 5,
)
def first_seen(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = [p for p in zip(consensus, given) if None not in p]
        wrong = Counter(p for p in pairs if p[0] != p[1])
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else math.nan
        most = wrong.most_common(1)[0][0] if wrong else None
        report[name] = {"n_rated": sum(g is not None for g in given), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "An annotator with nothing to compare gets an agreement of 0 from you: the worst mark for somebody who was never tested. "
    "Say `nan`, so that nobody acts on a number that does not exist.",
    share=4 / 5,
)
def zero_for_nothing(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        if len(given) != len(consensus) or not all(x is None or isinstance(x, str) for x in [*given, *consensus]):
            raise ValueError("one label or None per item is due")
        pairs = [p for p in zip(consensus, given) if None not in p]
        wrong = Counter(p for p in pairs if p[0] != p[1])
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else 0.0
        most = min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None
        report[name] = {"n_rated": sum(g is not None for g in given), "agreement": agreement, "most_confused": most}
    return report


@exercise.wrong(
    "The report is right, but lists that do not fit pass. `zip` stops at the shorter list without a word, and NaN (pandas' missing value) "
    "counts as a label that nobody else gave. Check lengths and labels first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(ratings, consensus):
    report = {}
    for name, given in ratings.items():
        pairs = [p for p in zip(consensus, given) if None not in p]
        wrong = Counter(p for p in pairs if p[0] != p[1])
        agreement = sum(c == g for c, g in pairs) / len(pairs) if pairs else math.nan
        most = min(wrong, key=lambda p: (-wrong[p], p)) if wrong else None
        report[name] = {"n_rated": sum(g is not None for g in given), "agreement": agreement, "most_confused": most}
    return report
