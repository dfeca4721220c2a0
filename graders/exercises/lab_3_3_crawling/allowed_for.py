"""May a picture under this licence be used for this purpose? Whatever is not known to allow it, does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

COMMERCIAL = "NC excludes commercial use, and nothing else"
CHANGES = "ND excludes derivatives, and nothing else"
FREE = "public domain and share-alike allow every use"
VERSIONS = "every version of the six licences is known"
CLOSED = "no licence, all rights reserved or an unknown name allows nothing"

# Creative Commons, "About the licenses": what each element takes away (commercial use, derivatives).
MAY = {
    "CC-BY": (True, True), "CC-BY-SA": (True, True), "CC-BY-NC": (False, True), "CC-BY-ND": (True, False),
    "CC-BY-NC-SA": (False, True), "CC-BY-NC-ND": (False, False),
}
ALLOWED = {f"{name}-{version}": may for name, may in MAY.items() for version in ("1.0", "2.0", "2.5", "3.0", "4.0")}
ALLOWED |= {"CC0-1.0": (True, True), "PDM-1.0": (True, True)}
USES = list(product([False, True], repeat=2))
OPEN = ("", "ARR", "CC", "CC-BY", "cc-by-4.0", "CC-BY-5.0", "CC-SA-4.0", "CC-BY-4.0-NC", "MIT", "proprietary", "NO-CC-BY-4.0", "CC0", "BY-4.0", "CC-BY-4.0 ")


def reference(licence: str, commercial: bool, derivatives: bool) -> bool:
    """Look the licence up in a table that holds every one that is known."""
    if licence not in ALLOWED:
        return False
    may_sell, may_change = ALLOWED[licence]
    return not (commercial and not may_sell) and not (derivatives and not may_change)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Every licence for every use, and every name that is none."""
    for name, use in product(sorted(ALLOWED), USES):
        version = name.endswith("4.0") or name in ("CC0-1.0", "PDM-1.0")
        group = VERSIONS if not version else COMMERCIAL if "NC" in name else CHANGES if "ND" in name else FREE
        yield Case(group, (name, *use))
    for name, use in product(OPEN, USES):
        yield Case(CLOSED, (name, *use))
    yield Case(CLOSED, (f"CC-BY-{rng.integers(5, 9)}.0", False, False))


exercise = Exercise(
    id="allowed_for",
    title="What a licence allows",
    points=2,
    minutes=8,
    hints=(
        "First decide whether you know the licence at all. If not: False, whatever the use.",
        "A name is CC-BY, then perhaps -NC, then perhaps -SA or -ND, then a version: `re.fullmatch` says whether it is one of these.",
        "Then two questions are left: is NC among the name's parts although the use is commercial, and ND although something is changed?",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(COMMERCIAL, ("CC-BY-NC-4.0", True, False)),
        Case(COMMERCIAL, ("CC-BY-NC-4.0", False, True)),
        Case(COMMERCIAL, ("CC-BY-NC-ND-4.0", False, True)),
        Case(CHANGES, ("CC-BY-ND-4.0", False, True)),
        Case(CHANGES, ("CC-BY-ND-4.0", True, False)),
        Case(FREE, ("CC-BY-SA-4.0", True, True)),
        Case(FREE, ("CC0-1.0", True, True)),
        Case(FREE, ("PDM-1.0", True, True)),
        Case(VERSIONS, ("CC-BY-2.0", True, True)),
        Case(CLOSED, ("", False, False)),
        Case(CLOSED, ("ARR", False, False)),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_pattern(licence, commercial, derivatives):
    if licence in ("CC0-1.0", "PDM-1.0"):
        return True
    found = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-(1\.0|2\.0|2\.5|3\.0|4\.0)", licence)
    if not found:
        return False
    return not (commercial and found[1]) and not (derivatives and found[2] == "-ND")


@exercise.right
def with_sets(licence, commercial, derivatives):
    names = {"CC-BY": "", "CC-BY-SA": "", "CC-BY-NC": "c", "CC-BY-NC-SA": "c", "CC-BY-ND": "d", "CC-BY-NC-ND": "cd"}
    known = {f"{name}-{version}": set(barred) for name, barred in names.items() for version in "1.0 2.0 2.5 3.0 4.0".split()}
    known["CC0-1.0"] = known["PDM-1.0"] = set()
    wanted = ({"c"} if commercial else set()) | ({"d"} if derivatives else set())
    return licence in known and not wanted & known[licence]


@exercise.right
def with_a_warning(licence, commercial, derivatives):
    import warnings

    known = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-(1\.0|2\.[05]|3\.0|4\.0)|CC0-1\.0|PDM-1\.0", licence) is not None
    if not known:
        warnings.warn(f"{licence!r} is not a licence that I know", stacklevel=2)
    parts = licence.split("-")
    return known and (not commercial or "NC" not in parts) and (not derivatives or "ND" not in parts)


@exercise.wrong(
    "You only look for what forbids. A picture without any licence, \"all rights reserved\" and every unknown name pass, because nothing in them "
    "says NC or ND. Without a licence copyright reserves everything: allow only what you know.",
    share=4 / 5,
)
def forbids_only(licence, commercial, derivatives):
    parts = licence.split("-")
    return not (commercial and "NC" in parts) and not (derivatives and "ND" in parts)


@exercise.wrong(
    "ND does not forbid to show or sell the picture as it is. It forbids to pass on a changed version: it matters only if the use makes derivatives.",
    share=2 / 5,
)
def nd_is_closed(licence, commercial, derivatives):
    found = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-(1\.0|2\.0|2\.5|3\.0|4\.0)|CC0-1\.0|PDM-1\.0", licence)
    return bool(found) and not (commercial and found[1]) and found[2] != "-ND"


@exercise.wrong(
    "Share-alike does not exclude commercial use or changes. It asks that what you make of the picture is passed on under the same licence: "
    "a duty for later, not a ban.",
    share=3 / 5,
)
def sa_is_closed(licence, commercial, derivatives):
    found = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-(1\.0|2\.0|2\.5|3\.0|4\.0)|CC0-1\.0|PDM-1\.0", licence)
    return bool(found) and not (commercial and (found[1] or found[2] == "-SA")) and not (derivatives and found[2] == "-ND")


@exercise.wrong(
    "CC0 and the Public Domain Mark do not begin with CC-BY, so your function refuses them. They are the freest of all: no conditions are left.",
    share=4 / 5,
)
def only_cc_by(licence, commercial, derivatives):
    found = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-(1\.0|2\.0|2\.5|3\.0|4\.0)", licence)
    return bool(found) and not (commercial and found[1]) and not (derivatives and found[2] == "-ND")


@exercise.wrong(
    "Your function knows version 4.0 only. Millions of pictures are under 2.0 or 3.0, and what NC and ND mean there is the same.",
    share=4 / 5,
)
def only_four(licence, commercial, derivatives):
    found = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-4\.0|CC0-1\.0|PDM-1\.0", licence)
    return bool(found) and not (commercial and found[1]) and not (derivatives and found[2] == "-ND")


@exercise.wrong(
    "You swapped the two conditions: NC (NonCommercial) is about earning money, ND (NoDerivatives) about changes.",
    share=2 / 5,
)
def swapped(licence, commercial, derivatives):
    found = re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-(1\.0|2\.0|2\.5|3\.0|4\.0)|CC0-1\.0|PDM-1\.0", licence)
    return bool(found) and not (derivatives and found[1]) and not (commercial and found[2] == "-ND")
