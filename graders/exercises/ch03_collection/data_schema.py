"""A schema that refuses contradictions in itself and says of each row what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.functional_validators import AfterValidator

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

TYPES = "a value of another type is a problem of the type, and is not judged further"
DATES = "a date is a day of the calendar, written YYYY-MM-DD"
BOUNDS = "numbers outside min and max, and values that are not listed, are found"
MISSING = "a missing value is a problem unless the field is optional"
UNKNOWN = "fields that the schema does not know come last, by name"
REFUSED = "a schema that contradicts itself is refused"


def a_day(text: str) -> str:
    """``text``, if it is a date of the calendar in the form YYYY-MM-DD."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("YYYY-MM-DD is due")
    return text


KINDS: dict[str, Any] = {"str": str, "int": int, "float": Annotated[float, Field(allow_inf_nan=False)], "bool": bool, "date": Annotated[str, AfterValidator(a_day)]}
PROBLEMS = {"missing": "missing", "extra_forbidden": "unknown", "greater_than_equal": "range", "less_than_equal": "range", "literal_error": "range"}


def in_list(values: list[Any]) -> Callable[[Any], Any]:
    """A check that passes the listed values."""
    listed: Any = Literal[tuple(values)]
    literal = create_model("Listed", value=(listed, ...))

    def check(value: Any) -> Any:
        literal(value=value)
        return value

    return check


def reference(fields: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """One model for the types, one for the limits, by the library pydantic; then its reports in the schema's order."""
    known = [field["name"] for field in fields]
    if len(set(known)) < len(known):
        raise ValueError("a field comes twice")
    types: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for field in fields:
        if field["type"] not in KINDS:
            raise ValueError("unknown type")
        if ("min" in field or "max" in field) and field["type"] not in ("int", "float"):
            raise ValueError("limits are for numbers")
        if field.get("min", -np.inf) > field.get("max", np.inf) or field.get("values") == []:
            raise ValueError("no value can pass")
        plain = KINDS[field["type"]]
        kind: Any = Annotated[plain, Field(strict=True)]
        types[field["name"]] = (kind | None, None) if field.get("optional", False) else (kind, ...)
        limit: Any = Annotated[Any, Field(ge=field.get("min"), le=field.get("max"))]
        if "values" in field:
            limit = Annotated[limit, AfterValidator(in_list(field["values"]))]
        limits[field["name"]] = (limit, None)
    strict = create_model("Types", __config__=ConfigDict(extra="forbid"), **types)
    bounded = create_model("Limits", **limits)
    return [problems(known, strict, bounded, row) for row in rows]


def problems(known: list[str], strict: type[BaseModel], bounded: type[BaseModel], row: dict[str, Any]) -> list[tuple[str, str]]:
    """The problems of one row: missing and unknown fields and types first, limits for what has passed."""
    present = {name: value for name, value in row.items() if value is not None or name not in known}
    found = {}
    try:
        strict(**present)
    except ValidationError as error:
        found = {str(e["loc"][0]): PROBLEMS.get(e["type"], "type") for e in error.errors()}
    try:
        bounded(**{name: value for name, value in present.items() if name in known and name not in found})
    except ValidationError as error:
        found |= {str(e["loc"][0]): "range" for e in error.errors()}
    return [(name, found[name]) for name in [*known, *sorted(set(row) - set(known))] if name in found]


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """One field of a schema."""
    return {"name": name, "type": kind, **more}


REVIEWS = [
    field("id", "int", min=1),
    field("text", "str"),
    field("lang", "str", values=["ko", "en"]),
    field("stars", "float", min=0, max=5),
    field("verified", "bool", optional=True),
    field("written", "date"),
]
GOOD = {"id": 7, "text": "잘 샀어요", "lang": "ko", "stars": 4.5, "verified": True, "written": "2026-03-01"}
BAD: dict[str, tuple[Any, ...]] = {
    "id": (0, -3, "7", 7.0, True, float("nan"), None),
    "text": (5, False, None),
    "lang": ("de", "KO", "", 3, None),
    "stars": (-0.5, 5.5, "4", float("nan"), float("inf"), True, 4, None),
    "verified": (1, 0, "true", None),
    "written": ("2026-02-29", "2026-3-1", "20260301", "01.03.2026", 20260301, "2026-03-01T10:00", None),
}


def row(rng: np.random.Generator) -> dict[str, Any]:
    """A good row, some of it spoiled."""
    made: dict[str, Any] = dict(GOOD)
    for name in [n for n in BAD if n != "written" and rng.random() < 0.5]:
        made[name] = BAD[name][rng.integers(len(BAD[name]) - (BAD[name][-1] is None))]
    for name in [n for n in BAD if rng.random() < 0.1]:
        del made[name]
    return made


def changed(**more: Any) -> dict[str, Any]:
    """The good row with these values."""
    return {**GOOD, **more}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nothing to check, every bound exactly met, every wrong type; schemas that contradict themselves; random rows."""
    yield Case(BOUNDS, (REVIEWS, []))
    yield Case(BOUNDS, ([], [{}]))
    yield Case(BOUNDS, (REVIEWS, [changed(stars=0.0), changed(stars=5.0), changed(id=1), changed(stars=5)]))
    yield Case(BOUNDS, ([field("n", "int", max=3), field("x", "float", min=-1.5)], [{"n": 3, "x": -1.5}, {"n": 4, "x": -2.0}, {"n": -9, "x": 9.0}]))
    yield Case(BOUNDS, ([field("n", "int", values=[1, 2])], [{"n": 2}, {"n": 3}]))
    yield Case(BOUNDS, ([field("n", "int", min=2, max=2)], [{"n": 2}, {"n": 1}, {"n": 3}]))
    yield Case(BOUNDS, ([field("n", "int", min=0, values=[-1, 5])], [{"n": -1}, {"n": 0}, {"n": 5}]))
    for name in ("id", "text", "stars", "verified"):
        yield Case(TYPES, (REVIEWS, [changed(**{name: value}) for value in BAD[name] if value is not None]))
    yield Case(TYPES, ([field("code", "str", values=["1", "2"])], [{"code": 1}, {"code": "1"}]))
    yield Case(TYPES, ([field("n", "float", optional=True)], [{"n": float("-inf")}, {"n": 3}, {"n": False}, {"n": [1]}]))
    yield Case(TYPES, ([field("n", "int", min=2)], [{"n": True}, {"n": "1"}, {"n": 1.0}]))
    yield Case(DATES, (REVIEWS, [changed(written=value) for value in BAD["written"] if value is not None]))
    yield Case(DATES, (REVIEWS, [changed(written=value) for value in ("2024-02-29", "2000-01-01", "1900-02-29", "2026-W10-1", "", "2026-12-32")]))
    yield Case(MISSING, (REVIEWS, [{}, changed(verified=None), changed(text=None), changed(lang=None, stars=None)]))
    yield Case(MISSING, ([field("a", "int", optional=False), field("b", "int", optional=True, min=3)], [{"b": None}, {"a": None}, {"a": 0}]))
    yield Case(MISSING, ([field("text", "str")], [{"text": ""}]))
    yield Case(UNKNOWN, (REVIEWS, [changed(zip="06234", Age=3, id=0), changed(note=None)]))
    yield Case(UNKNOWN, ([field("z", "int"), field("a", "int")], [{"m": 1, "b": 2}, {"a": "x", "c": 0, "z": "y"}]))
    for _ in range(6):
        yield Case(TYPES, (REVIEWS, [row(rng) for _ in range(6)]))
    yield Case(REFUSED, ([*REVIEWS, field("id", "str")], [GOOD]), raises="ValueError")
    yield Case(REFUSED, ([field("a", "integer")], []), raises="ValueError")
    yield Case(REFUSED, ([field("a", "int", min=3, max=2)], []), raises="ValueError")
    yield Case(REFUSED, ([field("a", "str", min=3)], []), raises="ValueError")
    yield Case(REFUSED, ([field("a", "bool", max=3)], []), raises="ValueError")
    yield Case(REFUSED, ([field("a", "str", values=[])], []), raises="ValueError")


exercise = Exercise(
    id="data_schema",
    title="A schema that says what is wrong",
    points=5,
    minutes=20,
    hints=(
        "In `__init__`, look for contradictions and keep the fields. In `problems`, go through the fields: missing? right type? then the limits; and at the end the unknown names.",
        "`isinstance(True, int)` is True in Python. `type(value) is int` is not fooled; a float field takes an int as well, but neither NaN nor infinity.",
        "`date.fromisoformat(text)` raises a ValueError for 2026-02-29; it also reads `20260301`, so compare `.isoformat()` with the text.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(TYPES, (REVIEWS, [GOOD, changed(id="7"), changed(id=True), changed(stars=float("nan"), text=5)])),
        Case(TYPES, (REVIEWS, [changed(id="-7", stars=4)])),
        Case(DATES, (REVIEWS, [changed(written="2026-02-29"), changed(written="20260301")])),
        Case(BOUNDS, (REVIEWS, [changed(id=0), changed(stars=5.0), changed(stars=5.1, lang="de")])),
        Case(MISSING, (REVIEWS, [changed(verified=None), {k: v for k, v in GOOD.items() if k not in ("verified", "text")}, changed(id=None)])),
        Case(UNKNOWN, (REVIEWS, [changed(zip="06234", age=30, id=0)])),
        Case(REFUSED, ([field("age", "int", min=18, max=8)], []), raises="ValueError"),
        Case(REFUSED, ([field("age", "number")], []), raises="ValueError"),
        Case(REFUSED, ([field("age", "int"), field("age", "str")], []), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_class(fields, rows):
    class DataSchema:
        def __init__(self, fields):
            names = [f["name"] for f in fields]
            if len(names) != len(set(names)):
                raise ValueError("a field is listed twice")
            for f in fields:
                if f["type"] not in ("str", "int", "float", "bool", "date"):
                    raise ValueError(f"field {f['name']!r} has the unknown type {f['type']!r}")
                if f["type"] not in ("int", "float") and ("min" in f or "max" in f):
                    raise ValueError(f"field {f['name']!r} is no number and has a limit")
                if "min" in f and "max" in f and f["min"] > f["max"]:
                    raise ValueError(f"field {f['name']!r}: min is above max")
                if "values" in f and not f["values"]:
                    raise ValueError(f"field {f['name']!r} allows no value")
            self.fields = fields

        def right_type(self, value, kind):
            if kind == "date":
                try:
                    return date.fromisoformat(value).isoformat() == value
                except (TypeError, ValueError):
                    return False
            if kind == "float":
                return type(value) in (int, float) and math.isfinite(value)
            return type(value).__name__ == kind

        def problems(self, row):
            found = []
            for f in self.fields:
                value = row.get(f["name"])
                if value is None:
                    if not f.get("optional"):
                        found.append((f["name"], "missing"))
                elif not self.right_type(value, f["type"]):
                    found.append((f["name"], "type"))
                elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]):
                    found.append((f["name"], "range"))
                elif "values" in f and value not in f["values"]:
                    found.append((f["name"], "range"))
            unknown = set(row) - {f["name"] for f in self.fields}
            return found + [(name, "unknown") for name in sorted(unknown)]

    schema = DataSchema(fields)
    return [schema.problems(row) for row in rows]


@exercise.right
def with_a_table_of_tests(fields, rows):
    def a_date(v):
        return isinstance(v, str) and len(v) == 10 and v[4] == v[7] == "-" and not pd.isna(pd.to_datetime(v, format="%Y-%m-%d", errors="coerce"))

    tests = {
        "str": lambda v: isinstance(v, str),
        "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "float": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) < float("inf"),
        "bool": lambda v: isinstance(v, bool),
        "date": a_date,
    }
    schema = {}
    for f in fields:
        low, high = f.get("min", -math.inf), f.get("max", math.inf)
        limited = "min" in f or "max" in f
        bad = f["name"] in schema or f["type"] not in tests or low > high or (limited and f["type"] not in {"int", "float"}) or f.get("values", [0]) == []
        if bad:
            raise ValueError(f"this field contradicts the schema: {f}")
        schema[f["name"]] = (tests[f["type"]], low, high, f.get("values"), f.get("optional", False))
    report = []
    for row in rows:
        lines = []
        for name, (test, low, high, values, optional) in schema.items():
            if name not in row or row[name] is None:
                lines += [] if optional else [[name, "missing"]]
            elif not test(row[name]):
                lines.append([name, "type"])
            elif values is not None and row[name] not in values:
                lines.append([name, "range"])
            elif (low, high) != (-math.inf, math.inf) and not low <= row[name] <= high:
                lines.append([name, "range"])
        report.append(lines + [[name, "unknown"] for name in sorted(row) if name not in schema])
    return report


@exercise.right
def with_a_warning(fields, rows):
    import warnings

    kinds = {"str": {str}, "int": {int}, "float": {int, float}, "bool": {bool}, "date": {str}}
    if len({f["name"] for f in fields}) < len(fields) or any(f["type"] not in kinds for f in fields):
        raise ValueError("unknown type or a field twice")
    for f in fields:
        if len(kinds[f["type"]] & {int, float}) == 0 and set(f) & {"min", "max"}:
            raise ValueError(f"only numbers have limits: {f}")
        if f.get("max", math.inf) < f.get("min", -math.inf) or ("values" in f and len(f["values"]) == 0):
            raise ValueError(f"no value can pass: {f}")
    result = []
    for row in rows:
        problems = {}
        for f in fields:
            value, name = row.get(f["name"]), f["name"]
            if value is None:
                if not f.get("optional", False):
                    problems[name] = "missing"
                continue
            fine = type(value) in kinds[f["type"]]
            if fine and f["type"] == "float":
                fine = not (math.isnan(value) or math.isinf(value))
            if fine and f["type"] == "date":
                try:
                    fine = str(date.fromisoformat(value)) == value
                except ValueError:
                    fine = False
            if not fine:
                problems[name] = "type"
            elif "values" in f and value not in f["values"] or "min" in f and value < f["min"] or "max" in f and value > f["max"]:
                problems[name] = "range"
        for name in sorted(set(row).difference(f["name"] for f in fields)):
            problems[name] = "unknown"
        if problems:
            warnings.warn(f"problems: {problems}")
        result.append(list(problems.items()))
    return result


# Every mistake below is the same short answer with one thing done wrong: a learner's answer is one function.


@exercise.wrong(
    "True passes as an integer, and False as a number: in Python `bool` is a kind of `int`, so `isinstance(True, int)` holds. A column of counts with True in it is a mistake "
    "of the source; ask for `type(value) is int`.",
    share=5 / 6,
)
def bool_is_int(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": str, "int": int, "float": (int, float), "bool": bool, "date": str}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            fine = isinstance(value, kinds[f["type"]]) and not (f["type"] == "float" and not math.isfinite(value))
            if fine and f["type"] == "date":
                try:
                    fine = date.fromisoformat(value).isoformat() == value
                except ValueError:
                    fine = False
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
            elif not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result


@exercise.wrong(
    "NaN passes as a number. It is what a failed measurement or a broken conversion leaves behind, it is not smaller and not larger than any limit, and so slips through every range. "
    "A float has to be finite.",
    share=5 / 6,
)
def nan_is_a_number(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": [str], "int": [int], "float": [int, float], "bool": [bool], "date": [str]}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            fine = type(value) in kinds[f["type"]]
            if fine and f["type"] == "date":
                try:
                    fine = date.fromisoformat(value).isoformat() == value
                except ValueError:
                    fine = False
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
            elif not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result


@exercise.wrong(
    "You converted before you judged: \"7\" became 7 and passed. A schema describes what *is* there. Whoever reads the file next does not convert, and 7 and \"7\" are then two "
    "different keys.",
    share=5 / 6,
)
def converted(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": str, "int": int, "float": float, "bool": bool, "date": str}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
                continue
            try:
                value = kinds[f["type"]](value)
                fine = f["type"] != "float" or math.isfinite(value)
                fine = fine and (f["type"] != "date" or date.fromisoformat(value).isoformat() == value)
            except (TypeError, ValueError):
                fine = False
            if not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result


@exercise.wrong(
    "Your dates are only looked at: four digits, two, two. 2026-02-29 has that form and is no day. `date.fromisoformat` knows the calendar.",
    share=5 / 6,
)
def date_by_pattern(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": [str], "int": [int], "float": [int, float], "bool": [bool], "date": [str]}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            fine = type(value) in kinds[f["type"]] and not (f["type"] == "float" and not math.isfinite(value))
            if fine and f["type"] == "date":
                fine = re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value) is not None
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
            elif not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result


@exercise.wrong(
    "Any form of date passes that `fromisoformat` can read, also `20260301` and `2026-W10-1`. Texts of different forms do not sort, and do not compare as equal: one form "
    "for the whole column.",
    share=5 / 6,
)
def any_iso_date(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": [str], "int": [int], "float": [int, float], "bool": [bool], "date": [str]}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            fine = type(value) in kinds[f["type"]] and not (f["type"] == "float" and not math.isfinite(value))
            if fine and f["type"] == "date":
                try:
                    date.fromisoformat(value)
                except ValueError:
                    fine = False
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
            elif not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result


@exercise.wrong(
    "Fields that the schema does not know pass unseen. A new column in a delivery is often a renamed one, or personal data that nobody has agreed to: name it.",
    share=5 / 6,
)
def unknown_passes(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": [str], "int": [int], "float": [int, float], "bool": [bool], "date": [str]}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            fine = type(value) in kinds[f["type"]] and not (f["type"] == "float" and not math.isfinite(value))
            if fine and f["type"] == "date":
                try:
                    fine = date.fromisoformat(value).isoformat() == value
                except ValueError:
                    fine = False
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
            elif not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found)
    return result


@exercise.wrong(
    "Only absent fields count as missing for you; a field that is there and holds None is then a problem of the type. In a table both look the same, an empty cell: `row.get(name)` is None "
    "in either case.",
    share=5 / 6,
)
def none_is_a_type(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": [str], "int": [int], "float": [int, float], "bool": [bool], "date": [str]}
    for f in fields:
        limits = "min" in f or "max" in f
        if names.count(f["name"]) > 1 or f["type"] not in kinds or f.get("min", -math.inf) > f.get("max", math.inf) or f.get("values") == [] or (limits and f["type"] not in ("int", "float")):
            raise ValueError(f"contradiction in {f}")
    result = []
    for row in rows:
        found = []
        for f in fields:
            if f["name"] not in row:
                found += [] if f.get("optional") else [(f["name"], "missing")]
                continue
            value = row[f["name"]]
            fine = type(value) in kinds[f["type"]] and not (f["type"] == "float" and not math.isfinite(value))
            if fine and f["type"] == "date":
                try:
                    fine = date.fromisoformat(value).isoformat() == value
                except ValueError:
                    fine = False
            if not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result


@exercise.wrong(
    "You take every schema as it comes. With an unknown type, the same field twice, or a min above the max, it cannot judge anything, and it will say so row by row, or not at all. "
    "A contradiction in the schema is a ValueError before the first row.",
    share=5 / 6,
)
def schema_not_checked(fields, rows):
    names = [f["name"] for f in fields]
    kinds = {"str": [str], "int": [int], "float": [int, float], "bool": [bool], "date": [str]}
    result = []
    for row in rows:
        found = []
        for f in fields:
            value = row.get(f["name"])
            fine = type(value) in kinds.get(f["type"], [type(value)]) and not (f["type"] == "float" and not math.isfinite(value))
            if fine and f["type"] == "date":
                try:
                    fine = date.fromisoformat(value).isoformat() == value
                except ValueError:
                    fine = False
            if value is None:
                found += [] if f.get("optional") else [(f["name"], "missing")]
            elif not fine:
                found.append((f["name"], "type"))
            elif ("min" in f and value < f["min"]) or ("max" in f and value > f["max"]) or value not in f.get("values", [value]):
                found.append((f["name"], "range"))
        result.append(found + [(name, "unknown") for name in sorted(set(row) - set(names))])
    return result
