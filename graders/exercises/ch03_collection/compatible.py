"""Under which Creative Commons licences may an adaptation of several works be offered?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from datacentric_helpers.compare import unordered
from graders.exercise import Case, Exercise

FREE, NC, SA = "CC0 and BY: the credit stays", "NonCommercial stays", "ShareAlike prescribes the licence"
ND = "NoDerivatives: no adaptation may be shared"
UNKNOWN, EMPTY = "unknown licences are refused", "an empty list is refused"

CODES = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]

# The rows of Creative Commons' adapter's licence chart (FAQ, "If I derive or adapt material ..."), the boxes that are green.
CHART = {
    "CC0": {"CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"},
    "BY": {"BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"},
    "BY-NC": {"BY-NC", "BY-NC-SA", "BY-NC-ND"},
    "BY-SA": {"BY-SA"},
    "BY-NC-SA": {"BY-NC-SA"},
    "BY-ND": set(),
    "BY-NC-ND": set(),
}


def reference(licences: Sequence[str]) -> list[str]:
    """The licences that are green in the chart's row of every work, in the order of ``CODES``; none: the works do not go together.

    Raises ValueError for an empty list and for a licence that has no row.
    """
    if not licences:
        raise ValueError("there is no work to adapt")
    if not set(licences) <= set(CHART):
        raise ValueError("a licence is not on the chart")
    green = set.intersection(*(CHART[licence] for licence in licences))
    return [code for code in CODES if code in green]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """The chart's rows, all pairs that teach something, then random piles of works."""
    yield Case(FREE, (["BY", "BY"],))
    yield Case(FREE, (["BY", "CC0", "BY"],))
    yield Case(NC, (["CC0", "BY-NC"],))
    yield Case(NC, (["BY-NC", "BY", "BY-NC"],))
    for pile in (["BY-NC-SA"], ["CC0", "BY-SA"], ["BY-NC", "BY-NC-SA"], ["BY-NC-SA", "BY-SA"], ["BY-SA", "BY-SA"], ["BY-NC", "BY-SA", "BY"]):
        yield Case(SA, (pile,))
    for pile in (["BY-NC-ND"], ["CC0", "BY-ND"], ["BY-ND", "BY-ND"], ["BY-SA", "BY-NC-ND"], ["BY-NC-ND", "BY-NC"]):
        yield Case(ND, (pile,))
    for _ in range(3):
        yield Case(NC, (rng.permutation(["BY-NC", *rng.choice(["CC0", "BY", "BY-NC"], 3).tolist()]).tolist(),))
        yield Case(SA, (rng.permutation(["BY-SA", *rng.choice(["CC0", "BY"], 3).tolist()]).tolist(),))
        yield Case(ND, (rng.permutation(["BY-ND", *rng.choice(CODES[:5], 3).tolist()]).tolist(),))
    yield Case(ND, (CODES,))
    yield Case(UNKNOWN, (["BY", "GPL-3.0"],), raises="ValueError")
    yield Case(UNKNOWN, (["BY-ND-SA"],), raises="ValueError")
    yield Case(UNKNOWN, (["BY-ND", "all rights reserved"],), raises="ValueError")


exercise = Exercise(
    id="compatible",
    title="Which licence may the mix have?",
    points=3,
    minutes=12,
    hints=(
        "Take one possible licence of the mix after the other, and ask of every work: does this work agree?",
        "`set(code.split(\"-\"))` gives a licence's elements. A work with ND never agrees; a work with SA agrees to its own licence only.",
        "For the others: the work's elements must all stand in the candidate (`<=` between sets). CC0 asks for nothing, so its set is empty.",
    ),
    compare=unordered(),  # a list or a set of licences, in whatever order
    reference=reference,
    public=(
        Case(FREE, (["CC0"],)),
        Case(FREE, (["BY"],)),
        Case(FREE, (["CC0", "BY"],)),
        Case(NC, (["BY-NC"],)),
        Case(NC, (["BY", "BY-NC"],)),
        Case(SA, (["BY-SA"],)),
        Case(SA, (["BY", "BY-SA"],)),
        Case(SA, (["BY-SA", "BY-NC"],)),
        Case(ND, (["BY-ND"],)),
        Case(ND, (["BY", "BY-ND"],)),
        Case(UNKNOWN, (["BY", "MIT"],), raises="ValueError"),
        Case(EMPTY, ([],), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_elements(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if len(licences) == 0 or any(licence not in codes for licence in licences):
        raise ValueError(f"one or more Creative Commons codes are due, got {licences}")
    green = []
    for code in codes:
        agreed = True
        for licence in licences:
            needed = set(licence.split("-")) - {"CC0"}
            if "ND" in needed:
                agreed = False
            elif "SA" in needed:
                agreed = agreed and code == licence
            else:
                agreed = agreed and needed <= set(code.split("-"))
        if agreed:
            green.append(code)
    return green


@exercise.right
def by_striking_out(licences):
    left = {"CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"}
    if not licences or set(licences) - left:
        raise ValueError("unknown licence, or no work at all")
    for licence in set(licences):
        if licence.endswith("ND"):
            left = set()
        elif licence.endswith("SA"):
            left &= {licence}
        elif licence == "BY-NC":
            left &= {"BY-NC", "BY-NC-SA", "BY-NC-ND"}
        elif licence == "BY":
            left -= {"CC0"}
    return left


@exercise.right
def with_a_warning(licences):
    import warnings

    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    if any("ND" in licence for licence in licences):
        warnings.warn("a work with ND may be shared unchanged, beside the others", stacklevel=2)
        return []
    exact = {licence for licence in licences if "SA" in licence}
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0"}
    return [code for code in codes if needed <= set(code.split("-")) and exact <= {code}]


@exercise.wrong(
    "You added the elements up: BY-SA and BY-NC gave BY-NC-SA. But ShareAlike wants the *same* licence back, without a new "
    "restriction, and NonCommercial must not be dropped. No licence satisfies both, so these two cannot be mixed.",
    share=5 / 6,
)
def adds_elements_up(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0"}
    return [] if "ND" in needed else [code for code in codes if needed <= set(code.split("-"))]


@exercise.wrong(
    "You let the mix carry the ND licence of a work. NoDerivatives allows copies of the work as it is; an adaptation may not be "
    "shared under any licence, not even under the work's own.",
    share=5 / 6,
)
def nd_like_sharealike(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    exact = {licence for licence in licences if licence.endswith(("SA", "ND"))}
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0"}
    return [code for code in codes if needed <= set(code.split("-")) and exact <= {code}]


@exercise.wrong(
    "You looked at one of the works only. The mix holds parts of all of them, so every author must agree: keep what the rows of "
    "*all* works have in common.",
    share=0,
)
def first_work_only(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    first = licences[0]
    if first.endswith("ND"):
        return []
    if first.endswith("SA"):
        return [first]
    return [code for code in codes if set(first.split("-")) - {"CC0"} <= set(code.split("-"))]


@exercise.wrong(
    "You took what *any* of the works allows. A permission from one author does not bind the others: a licence is open to the mix "
    "only if every work allows it.",
    share=0,
)
def union_of_rows(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    green = set()
    for licence in licences:
        if licence.endswith("SA"):
            green |= {licence}
        elif not licence.endswith("ND"):
            green |= {code for code in codes if set(licence.split("-")) - {"CC0"} <= set(code.split("-"))}
    return green


@exercise.wrong(
    "You dropped the credit: a mix with a BY work in it came out under CC0. CC0 gives everything away, the name too, and that "
    "is not yours to give for somebody else.",
    share=5 / 6,
)
def credit_dropped(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    if any("ND" in licence for licence in licences):
        return []
    exact = {licence for licence in licences if "SA" in licence}
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0", "BY"}
    return [code for code in codes if needed <= set(code.split("-")) and exact <= {code}]


@exercise.wrong(
    "You let a mix with a NonCommercial work go out under a licence for everybody. CC's chart marks that yellow, not green: "
    "users of the mix would still be bound by NC and nobody would tell them.",
    share=4 / 6,
)
def noncommercial_dropped(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences or not set(licences) <= set(codes):
        raise ValueError("unknown licence, or no work at all")
    if any("ND" in licence for licence in licences):
        return []
    exact = {licence for licence in licences if "SA" in licence}
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0", "NC"}
    return [code for code in codes if needed <= set(code.split("-")) and exact <= {code}]


@exercise.wrong(
    "You passed over a licence that you do not know. What you cannot read you cannot allow: stop with a ValueError that names it, "
    "so that somebody looks at the work.",
    share=5 / 6,
)
def unknown_ignored(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not licences:
        raise ValueError("no work at all")
    licences = [licence for licence in licences if licence in codes]
    if any("ND" in licence for licence in licences):
        return []
    exact = {licence for licence in licences if "SA" in licence}
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0"}
    return [code for code in codes if needed <= set(code.split("-")) and exact <= {code}]


@exercise.wrong(
    "For no works at all your function allows every licence: `all` of nothing is True. An empty list is most likely a mistake "
    "earlier on, a filter that matched nothing; say so with a ValueError.",
    share=5 / 6,
)
def nothing_allows_all(licences):
    codes = ["CC0", "BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"]
    if not set(licences) <= set(codes):
        raise ValueError("unknown licence")
    if any("ND" in licence for licence in licences):
        return []
    exact = {licence for licence in licences if "SA" in licence}
    needed = {element for licence in licences for element in licence.split("-")} - {"CC0"}
    return [code for code in codes if needed <= set(code.split("-")) and exact <= {code}]
