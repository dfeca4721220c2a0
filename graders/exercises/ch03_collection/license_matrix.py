"""What may be done with each item of a collection, and with the whole of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

CC, KOGL, NONE = "terms of Creative Commons licences", "terms of the Korean types KOGL-1 to KOGL-4", "without a licence nothing is allowed"
PERMISSIONS, DUTIES = "the whole may do what every item allows", "the whole owes what any item asks for"
UNKNOWN, EMPTY = "unknown licences are refused", "an empty collection is refused"

COLUMNS = ["share", "commercial", "adapt", "credit", "share_alike"]
# share, commercial, adapt (permissions), credit, share_alike (duties): one row per licence, read off the licences' deeds.
TERMS = {
    "CC0": (True, True, True, False, False),
    "CC-BY": (True, True, True, True, False),
    "CC-BY-SA": (True, True, True, True, True),
    "CC-BY-NC": (True, False, True, True, False),
    "CC-BY-NC-SA": (True, False, True, True, True),
    "CC-BY-ND": (True, True, False, True, False),
    "CC-BY-NC-ND": (True, False, False, True, False),
    "KOGL-1": (True, True, True, True, False),
    "KOGL-2": (True, False, True, True, False),
    "KOGL-3": (True, True, False, True, False),
    "KOGL-4": (True, False, False, True, False),
}
FREE = ["CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "CC-BY-2.0-KR"]


def reference(licences: dict[str, str | None]) -> pd.DataFrame:
    """Table of bool: a row per item and a last one, "whole"; the terms are looked up in ``TERMS``.

    Raises ValueError for an empty collection and for a licence that ``TERMS`` does not know; None (no licence) allows nothing.
    """
    if not licences:
        raise ValueError("the collection is empty")
    rows = {}
    for name, licence in licences.items():
        kind = licence and re.sub(r"-\d\.\d(-[A-Z]{2})?$", "", licence)
        if kind is not None and kind not in TERMS:
            raise ValueError(f"unknown licence {licence!r}")
        rows[name] = (False,) * 5 if kind is None else TERMS[kind]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)
    permissions, duties = table.iloc[:, :3].min(), table.iloc[:, 3:].max()
    table.loc["whole"] = pd.concat([permissions, duties]).astype(bool)
    return table.astype(bool)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Each licence alone, then collections whose items differ in permissions only, in duties only, in both."""
    for licence in ("CC0-1.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-3.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-2.0-KR", "CC-BY-NC-4.0"):
        yield Case(CC, ({"item": licence},))
    for licence in ("KOGL-1", "KOGL-2", "KOGL-3", "KOGL-4"):
        yield Case(KOGL, ({"item": licence},))
    yield Case(NONE, ({"item": None},))
    yield Case(NONE, ({"blog photo": None, "forum photo": None},))
    for _ in range(3):
        names = [f"item {n}" for n in rng.permutation(20)[:4]]
        yield Case(PERMISSIONS, (dict(zip(names, rng.permutation(["CC-BY-4.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0"]).tolist(), strict=True)),))
        yield Case(DUTIES, (dict(zip(names, rng.permutation(["CC0-1.0", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0"]).tolist(), strict=True)),))
        yield Case(KOGL, ({names[0]: "KOGL-2", names[1]: "KOGL-2"},))
        yield Case(CC, ({name: str(rng.choice(FREE[1:])) for name in names},))
    for licence in ("MIT", "KOGL-5", "CC-BY-ND-SA-4.0", "BY", ""):
        yield Case(UNKNOWN, ({"fine": "CC-BY-4.0", "odd": licence},), raises="ValueError")


exercise = Exercise(
    id="license_matrix",
    title="The licence matrix of a collection",
    points=4,
    minutes=15,
    hints=(
        "Write one function or one loop for a single licence first: five answers, yes or no. The elements BY, NC, ND and SA in the name "
        "decide; KOGL-1 to KOGL-4 are BY, BY-NC, BY-ND and BY-NC-ND under other names.",
        "No licence (None) is the answer False five times: nothing is allowed, so nothing is owed either.",
        "The last row: a permission holds if *all* items give it, a duty if *any* item asks for it. `table[columns].all()` and `.any()`.",
    ),
    compare=exact(),  # a table of True and False
    reference=reference,
    public=(
        Case(CC, ({"map": "CC-BY-4.0"},)),
        Case(CC, ({"song": "CC-BY-NC-ND-4.0"},)),
        Case(CC, ({"wiki": "CC-BY-SA-4.0"},)),
        Case(KOGL, ({"statistics": "KOGL-1"},)),
        Case(KOGL, ({"press photo": "KOGL-3"},)),
        Case(NONE, ({"blog photo": None},)),
        Case(PERMISSIONS, ({"map": "CC-BY-4.0", "essay": "CC-BY-NC-4.0", "photo": "CC-BY-ND-4.0"},)),
        Case(DUTIES, ({"scan": "CC0-1.0", "wiki": "CC-BY-SA-4.0", "map": "CC-BY-4.0"},)),
        Case(UNKNOWN, ({"code": "WTFPL"},), raises="ValueError"),
        Case(EMPTY, ({},), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_loop(licences):
    if len(licences) == 0:
        raise ValueError("an empty collection")
    kogl = {"KOGL-1": "CC-BY-4.0", "KOGL-2": "CC-BY-NC-4.0", "KOGL-3": "CC-BY-ND-4.0", "KOGL-4": "CC-BY-NC-ND-4.0"}
    share, commercial, adapt, credit, share_alike = {}, {}, {}, {}, {}
    for name, licence in licences.items():
        known = re.fullmatch(r"CC0-1\.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", kogl.get(licence, licence or "CC0-1.0"))
        if not known:
            raise ValueError(f"{name}: the licence {licence!r} is not known")
        elements = kogl.get(licence, licence or "").split("-")
        share[name] = licence is not None
        commercial[name] = licence is not None and "NC" not in elements
        adapt[name] = licence is not None and "ND" not in elements
        credit[name] = "BY" in elements
        share_alike[name] = "SA" in elements
    if licences and "" in licences.values():
        raise ValueError("a blank licence")
    for permission in (share, commercial, adapt):
        permission["whole"] = all(permission.values())
    for duty in (credit, share_alike):
        duty["whole"] = any(duty.values())
    return pd.DataFrame({"share": share, "commercial": commercial, "adapt": adapt, "credit": credit, "share_alike": share_alike})


@exercise.right
def with_a_table(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.right
def with_a_warning(licences):
    import warnings

    if None in licences.values():
        warnings.warn("an item has no licence: ask its author, or leave it out", stacklevel=2)
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return {column: dict(values) for column, values in table.astype(bool).items()}


@exercise.wrong(
    "You read \"no licence\" as \"free\". It is the opposite: copyright arises by itself, and without a licence all rights stay "
    "with the author. What is freely reachable is not freely usable.",
    share=6 / 7,
)
def none_is_free(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = True
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "You gave the whole a permission that one item has. Whoever shares the collection shares all of it: a single NC photo "
    "makes the whole non-commercial, so a permission needs `all`.",
    share=6 / 7,
)
def any_permission(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.any(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "You dropped a duty because some items do not ask for it. One BY item is enough to owe a credit: duties of the whole "
    "are those of `any` item.",
    share=6 / 7,
)
def all_duties(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.all()]
    return table.astype(bool)


@exercise.wrong(
    "You exchanged KOGL-2 and KOGL-3. Type 2 forbids commercial use, type 3 forbids changes (the table in the statement).",
    share=6 / 7,
)
def kogl_two_and_three(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-ND-1.0", "KOGL-3": "CC-BY-NC-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "You forbade sharing an ND work. NoDerivatives forbids sharing *changed* copies; passing on the work as it is stays "
    "allowed.",
    share=4 / 7,
)
def nd_not_shareable(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free and "ND" not in e, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "You took ShareAlike for a ban on selling. It asks that adaptations carry the same licence; money may be made with "
    "them.",
    share=5 / 7,
)
def sa_no_commerce(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e and "SA" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "Your CC0 items ask for a credit. CC0 waives that too: naming the author is good manners and good provenance, but no "
    "duty.",
    share=5 / 7,
)
def zero_asks_credit(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": free, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "You filled the row of an unknown licence with False. That may be right or wrong, and nobody will look: refuse it with "
    "a ValueError, so that somebody reads its text.",
    share=6 / 7,
)
def unknown_forbidden(licences):
    if not licences:
        raise ValueError("the collection is empty")
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            licence = None
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)


@exercise.wrong(
    "An empty collection came out as \"everything is allowed\": `all` of nothing is True. Nothing was collected, so there is "
    "nothing to allow; raise a ValueError.",
    share=6 / 7,
)
def empty_allows_all(licences):
    if not licences:
        return pd.DataFrame([[True, True, True, False, False]], index=["whole"],
                            columns=["share", "commercial", "adapt", "credit", "share_alike"])
    kogl = {"KOGL-1": "CC-BY-1.0", "KOGL-2": "CC-BY-NC-1.0", "KOGL-3": "CC-BY-ND-1.0", "KOGL-4": "CC-BY-NC-ND-1.0"}
    rows = {}
    for name, licence in licences.items():
        licence = kogl.get(licence, licence)
        if licence is not None and not re.fullmatch(r"CC0-1.0|CC-BY(-NC)?(-SA|-ND)?-\d\.\d(-[A-Z]{2})?", licence):
            raise ValueError(f"unknown licence {licence!r}")
        e = (licence or "").split("-")
        free = licence is not None
        rows[name] = {"share": free, "commercial": free and "NC" not in e, "adapt": free and "ND" not in e,
                      "credit": "BY" in e, "share_alike": "SA" in e}
    table = pd.DataFrame.from_dict(rows, orient="index")
    permissions, duties = table[["share", "commercial", "adapt"]], table[["credit", "share_alike"]]
    table.loc["whole"] = [*permissions.all(), *duties.any()]
    return table.astype(bool)
