"""A log of recordings against its plan: what is missing, unknown, entered twice, or recorded before consent was given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Row = dict[str, Any]

MISSING = "what is missing is named by row and field"
VALUES = "0 and False are values, not gaps"
CONSENT = "consent is given on the day of the recording or before"
NOBODY = "where nobody is recorded, no consent is due"
UNKNOWN = "a device or condition outside the plan is unknown"
COPIES = "a file that was listed before is a duplicate"
REFUSED = "a plan that allows nothing is refused"


def missing(row: Mapping[str, Any], field: str) -> bool:
    """Is there nothing at ``field``: no entry, None, NaN, or text of blanks alone?"""
    value = row.get(field)
    return bool(pd.isna(value)) or (isinstance(value, str) and value.strip() == "")


def reference(log: Sequence[Row], plan: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """One question at a time: (row, field, problem) for every answer that the plan does not allow.

    Raises ValueError where the plan names no device, or a condition without levels.
    """
    if not all([plan["devices"], *plan["conditions"].values()]):
        raise ValueError("the plan needs a device, and a level for every condition")
    problems = []
    for row, entry in enumerate(log):
        for field in ("file", "recorded", "people", "consent", "device", *plan["conditions"]):
            if field == "consent" and not missing(entry, "people") and entry["people"] == 0:
                continue
            if missing(entry, field):
                problems.append((row, field, "missing"))
            elif field == "file" and entry["file"] in [other.get("file") for other in log[:row]]:
                problems.append((row, field, "duplicate"))
            elif field == "consent" and not missing(entry, "recorded"):
                if date.fromisoformat(entry["consent"]) > date.fromisoformat(entry["recorded"]):
                    problems.append((row, field, "late"))
            elif field in ("device", *plan["conditions"]):
                allowed = plan["devices"] if field == "device" else plan["conditions"][field]
                if entry[field] not in allowed:
                    problems.append((row, field, "unknown"))
    return problems


PLAN = {"devices": ["phone A", "phone B"], "conditions": {"light": ["day", "night"], "distance": [0, 1, 3]}}


def row(**changes: Any) -> Row:
    """A recording that is in order, but for ``changes``."""
    return {
        "file": "r01.jpg", "recorded": "2024-05-02", "people": 1, "consent": "2024-05-01", "device": "phone A", "light": "day",
        "distance": 1, **changes,
    }


def without(*fields: str, **changes: Any) -> Row:
    """The same with ``fields`` taken out."""
    return {key: value for key, value in row(**changes).items() if key not in fields}


def session(rng: np.random.Generator, n_rows: int, careless: float) -> list[Row]:
    """A day's log of people who all signed in time, at one metre or three; each entry is spoiled with rate ``careless``."""
    log = []
    for number in range(n_rows):
        entry = row(
            file=f"r{number:02d}.jpg", people=int(rng.integers(1, 4)), recorded=f"2024-05-{rng.integers(10, 29)}",
            consent=f"2024-05-0{rng.integers(1, 10)}", device=f"phone {'AB'[rng.integers(2)]}",
            light=["day", "night"][rng.integers(2)], distance=[1, 3][rng.integers(2)],
        )
        for field in list(entry):
            if rng.random() < careless:
                spoiled = {"light": "dusk", "device": "phone C", "distance": 2}.get(field)
                entry[field] = [None, "", math.nan, spoiled][rng.integers(4)]
        log.append(entry)
    return log


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nothing logged, an empty entry, one spoiled field at a time, then whole sessions and plans to refuse."""
    yield Case(MISSING, ([{}, without("device"), row(file="r02.jpg", light="  ")], PLAN))
    yield Case(MISSING, ([row(consent=math.nan, recorded=None, file=""), row(file=None), without("people", file="r03.jpg")], PLAN))
    yield Case(MISSING, ([row(people=None, consent=None), row(file="r02.jpg", distance=math.nan, device="")], PLAN))
    yield Case(MISSING, (session(rng, 12, 0.15), PLAN))
    flash = {"devices": ["lab"], "conditions": {"flash": [False, True], "angle": [-90, 0, 90]}}
    yield Case(VALUES, ([without("light", "distance", device="lab", flash=False, angle=0)], flash))
    yield Case(VALUES, ([row(distance=0), row(file="r02.jpg", distance=0, light=None)], PLAN))
    days = rng.permutation(np.arange(10, 29))[:2].tolist()
    yield Case(CONSENT, ([row(consent=f"2024-05-{max(days)}", recorded=f"2024-05-{min(days)}")], PLAN))
    yield Case(CONSENT, ([row(consent=f"2024-05-{min(days)}", recorded=f"2024-05-{max(days)}")], PLAN))
    yield Case(CONSENT, ([row(consent="2023-12-31", recorded="2024-01-01"), row(file="b", consent="2024-01-01", recorded="2023-12-31")], PLAN))
    yield Case(CONSENT, ([row(consent=None, people=4), row(file="b", recorded="2024-05-01")], PLAN))
    yield Case(NOBODY, ([without("consent", people=0), row(file="b", people=0, consent="2025-01-01")], PLAN))
    yield Case(NOBODY, ([row(people=0, consent=""), row(file="b", people=2, consent="")], PLAN))
    yield Case(NOBODY, ([row(people=0, consent=None, light=None)], PLAN))
    yield Case(UNKNOWN, ([row(device="Phone A", light="DAY"), row(file="b", device="phone", distance=2)], PLAN))
    yield Case(UNKNOWN, ([row(light="night", weather="rain", device="phone B"), row(file="b", light="phone A", device="day")], PLAN))
    yield Case(COPIES, ([row(), row(), row(file="b"), row(light="night")], PLAN))
    yield Case(COPIES, ([row(file="day"), row(file="2024-05-02"), row(file="1")], PLAN))
    yield Case(COPIES, ([row(file=None), row(file=None), row(file="r01.JPG"), row()], PLAN))
    yield Case(REFUSED, ([row()], {"devices": [], "conditions": {"light": ["day"]}}), raises="ValueError")
    yield Case(REFUSED, ([], {"devices": ["phone A"], "conditions": {"light": ["day"], "distance": []}}), raises="ValueError")


exercise = Exercise(
    id="capture_log",
    title="A log of recordings, checked",
    points=5,
    minutes=15,
    hints=(
        "Write one small function inside yours that says whether a row has nothing in a field; everything else asks that function first.",
        "Go through the fields in the order of the statement and append `(row, field, problem)`; never `return` or `break` at the first problem.",
        "Dates written as year-month-day can be compared as text. A set of the files seen so far finds duplicates.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(MISSING, ([row(), without("consent", file="r02.jpg", light=""), row(file="r03.jpg", device=None, recorded=math.nan)], PLAN)),
        Case(VALUES, ([row(distance=0)], PLAN)),
        Case(CONSENT, ([row(consent="2024-05-02"), row(file="r02.jpg", consent="2024-05-03")], PLAN)),
        Case(NOBODY, ([without("consent", people=0)], PLAN)),
        Case(UNKNOWN, ([row(device="phone C"), row(file="r02.jpg", light="Day")], PLAN)),
        Case(COPIES, ([row(), row(light="night")], PLAN)),
        Case(REFUSED, ([row()], {"devices": ["phone A"], "conditions": {"light": []}}), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_helper(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                problem = None
            elif gap(value):
                problem = "missing"
            elif field == "file":
                problem = "duplicate" if value in seen else None
                seen.add(value)
            elif field == "consent":
                problem = "late" if not gap(entry.get("recorded")) and value > entry["recorded"] else None
            else:
                problem = "unknown" if field in allowed and value not in allowed[field] else None
            if problem:
                found.append((number, field, problem))
    return found


@exercise.right
def with_a_table_and_a_warning(log, plan):
    import warnings

    if len(plan["devices"]) == 0 or any(len(levels) == 0 for levels in plan["conditions"].values()):
        raise ValueError("the plan must allow something")
    fields = ["file", "recorded", "people", "consent", "device", *plan["conditions"]]
    table = pd.DataFrame([{f: entry.get(f) for f in fields} for entry in log], columns=fields, dtype=object)
    if table.isna().any(axis=None):
        warnings.warn("there are gaps in the log")
    blank = table.isna() | table.map(lambda v: isinstance(v, str) and v.strip() == "")
    blank["consent"] &= table["people"].map(lambda v: not (v == 0))
    problems = table.map(lambda v: "").mask(blank, "missing")
    problems.loc[table["file"].duplicated() & ~blank["file"], "file"] = "duplicate"
    for number, entry in table.iterrows():
        if entry["people"] != 0 and not blank.loc[number, ["consent", "recorded"]].any() and entry["consent"] > entry["recorded"]:
            problems.loc[number, "consent"] = "late"
        for field, levels in [("device", plan["devices"]), *plan["conditions"].items()]:
            if not blank.loc[number, field] and entry[field] not in levels:
                problems.loc[number, field] = "unknown"
    return [(number, field, p) for number, line in zip(problems.index, problems.values.tolist()) for field, p in zip(fields, line) if p]


@exercise.wrong(
    "A 0 or False counts as a gap in your log: `not 0` is True. Nobody in the picture, a distance of 0, no flash: these are answers. "
    "Ask for None, NaN and blank text instead.",
    share=5 / 7,
)
def falsy_is_missing(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")
    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                continue
            if not value or value != value or not str(value).strip():
                found.append((number, field, "missing"))
            elif field == "file" and value in seen:
                found.append((number, field, "duplicate"))
            elif field == "consent" and isinstance(entry.get("recorded"), str) and "" != entry["recorded"] < value:
                found.append((number, field, "late"))
            elif field in allowed and value not in allowed[field]:
                found.append((number, field, "unknown"))
            if field == "file":
                seen.add(value)
    return found


@exercise.wrong(
    "You report one problem for each recording. Whoever mends the log then needs as many rounds as a row has problems: "
    "name them all at once.",
    share=5 / 7,
)
def first_problem_only(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    def problem_of(number, entry):
        if not gap(entry.get("file")) and entry["file"] in [e.get("file") for e in log[:number]]:
            return [(number, "file", "duplicate")]
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                continue
            if gap(value):
                return [(number, field, "missing")]
            if field == "consent" and value > entry["recorded"]:
                return [(number, field, "late")]
            if field in allowed and value not in allowed[field]:
                return [(number, field, "unknown")]
        return []

    allowed = {"device": plan["devices"], **plan["conditions"]}
    return [problem for number, entry in enumerate(log) for problem in problem_of(number, entry)]


@exercise.wrong(
    "Only an absent entry counts as missing in your function. Logs come from forms and spreadsheets, where a gap arrives as None, NaN "
    "or blank text: a signature of three spaces is no consent.",
    share=2 / 7,
)
def absent_only(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")
    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            if field == "consent" and entry.get("people") == 0:
                continue
            if field not in entry:
                found.append((number, field, "missing"))
            elif field == "file" and entry[field] in seen:
                found.append((number, field, "duplicate"))
            elif field == "consent" and str(entry[field]) > str(entry.get("recorded", "9")):
                found.append((number, field, "late"))
            elif field in allowed and entry[field] not in allowed[field]:
                found.append((number, field, "unknown"))
            if field == "file":
                seen.add(entry.get(field))
    return found


@exercise.wrong(
    "You look whether there is a consent, not when it was given. A signature dated after the recording does not cover the moment in which the "
    "person was recorded: that is `late`.",
    share=6 / 7,
)
def any_consent_will_do(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                continue
            if gap(value):
                found.append((number, field, "missing"))
            elif field == "file" and value in seen:
                found.append((number, field, "duplicate"))
            elif field in allowed and value not in allowed[field]:
                found.append((number, field, "unknown"))
            seen.add(value if field == "file" else None)
    return found


@exercise.wrong(
    "You call a consent late that was signed on the day of the recording. That is the usual case: people sign, then stand before the camera. "
    "Late is only what is dated after the recording.",
    share=6 / 7,
)
def same_day_is_late(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                continue
            if gap(value):
                found.append((number, field, "missing"))
            elif field == "file" and value in seen:
                found.append((number, field, "duplicate"))
            elif field == "consent" and not gap(entry.get("recorded")) and value >= entry["recorded"]:
                found.append((number, field, "late"))
            elif field in allowed and value not in allowed[field]:
                found.append((number, field, "unknown"))
            seen.add(value if field == "file" else None)
    return found


@exercise.wrong(
    "You ask for consent where nobody is in the recording. Then people enter something, anything, to get past the form, and the "
    "column no longer means what it says.",
    share=6 / 7,
)
def consent_for_everything(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if gap(value):
                found.append((number, field, "missing"))
            elif field == "file" and value in seen:
                found.append((number, field, "duplicate"))
            elif field == "consent" and not gap(entry.get("recorded")) and value > entry["recorded"]:
                found.append((number, field, "late"))
            elif field in allowed and value not in allowed[field]:
                found.append((number, field, "unknown"))
            seen.add(value if field == "file" else None)
    return found


@exercise.wrong(
    "Your rows are counted from 1. The row is the place in the list, so that `log[row]` opens the recording in question; yours opens "
    "its neighbour.",
    share=0,
)
def rows_from_one(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    allowed = {"device": plan["devices"], **plan["conditions"]}
    found, seen = [], set()
    for number, entry in enumerate(log, start=1):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                continue
            if gap(value):
                found.append((number, field, "missing"))
            elif field == "file" and value in seen:
                found.append((number, field, "duplicate"))
            elif field == "consent" and not gap(entry.get("recorded")) and value > entry["recorded"]:
                found.append((number, field, "late"))
            elif field in allowed and value not in allowed[field]:
                found.append((number, field, "unknown"))
            seen.add(value if field == "file" else None)
    return found


@exercise.wrong(
    "You made \"Day\" and \"day\" equal. Tolerance here is paid for later: every script that groups by condition sees two of them. Mend the log, "
    "not the comparison.",
    share=6 / 7,
)
def case_does_not_matter(log, plan):
    if not plan["devices"] or not all(plan["conditions"].values()):
        raise ValueError("the plan must allow something")

    def gap(value):
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    allowed = {name: [str(v).lower() for v in levels] for name, levels in {"device": plan["devices"], **plan["conditions"]}.items()}
    found, seen = [], set()
    for number, entry in enumerate(log):
        for field in ["file", "recorded", "people", "consent", *allowed]:
            value = entry.get(field)
            if field == "consent" and entry.get("people") == 0:
                continue
            if gap(value):
                found.append((number, field, "missing"))
            elif field == "file" and value in seen:
                found.append((number, field, "duplicate"))
            elif field == "consent" and not gap(entry.get("recorded")) and value > entry["recorded"]:
                found.append((number, field, "late"))
            elif field in allowed and str(value).lower() not in allowed[field]:
                found.append((number, field, "unknown"))
            seen.add(value if field == "file" else None)
    return found
