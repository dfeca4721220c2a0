"""The five techniques of de-identification on a table: pseudonymise, aggregate, delete, categorise, mask."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from statistics import fmean
from typing import Any

import numpy as np
from faker import Faker

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Row = dict[str, Any]

PSEUDONYM, MEANS = "a pseudonym depends on the value and on the key", "means of groups that are large enough"
DELETED, BANDS = "a deleted column is gone, all others stay", "bands of whole numbers"
MASKED, TOGETHER = "letters and digits are masked, and never all shown", "every rule sees the rows as they came"
MISSING, REFUSED = "a missing value stays missing", "unknown techniques and columns are refused"

STAFF = [
    {"name": "김민지", "phone": "010-1234-5678", "team": "A", "age": 34, "pay": 310},
    {"name": "이준호", "phone": "010-2345-6789", "team": "A", "age": 29, "pay": 290},
    {"name": "박서연", "phone": "010-3456-7890", "team": "B", "age": 41, "pay": 450},
    {"name": "최도윤", "phone": "010-4567-8901", "team": "A", "age": 40, "pay": 330},
]
TECHNIQUES = ("pseudonymise", "aggregate", "delete", "categorise", "mask")


def reference(rows: list[Row], rules: dict[str, dict[str, Any]], key: str) -> list[Row]:
    """``rows`` after every rule, column by column, each on the original values. Raises ValueError for rules that do not fit."""
    if any(rule["technique"] not in TECHNIQUES for rule in rules.values()):
        raise ValueError(f"a technique is one of {TECHNIQUES}")
    needed = {*rules, *(rule["by"] for rule in rules.values() if "by" in rule)}
    if any(needed - row.keys() for row in rows):
        raise ValueError("a rule names a column that some row does not have")
    result = [dict(row) for row in rows]
    for column, rule in rules.items():
        for row, new in zip(rows, result):
            new[column] = None if row[column] is None else one(rows, row, column, rule, key)
    for column, rule in rules.items():
        if rule["technique"] == "delete":
            for new in result:
                del new[column]
    return result


def one(rows: list[Row], row: Row, column: str, rule: dict[str, Any], key: str) -> Any:
    """What ``rule`` makes of one value that is there."""
    value, technique = row[column], rule["technique"]
    if technique == "pseudonymise":
        return hmac.digest(key.encode(), str(value).encode(), "sha256").hex()[:8]
    if technique == "aggregate":
        group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]]]
        known = [number for number in group if number is not None]
        return None if len(known) < rule["minimum"] else fmean(known)
    if technique == "categorise":
        low = value - value % rule["width"]
        return f"{low}-{low + rule['width'] - 1}"
    if technique == "mask":
        shown = re.findall(r"[^\W_]", value)
        budget = rule["keep"] if len(shown) > rule["keep"] else 0
        head = re.match(rf"(?:[\W_]*[^\W_]){{{budget}}}", value)
        start = head.end() if head else 0
        return value[:start] + re.sub(r"[^\W_]", "*", value[start:])
    return value


def staff(rng: np.random.Generator, n: int) -> list[Row]:
    """``n`` invented people in four teams, one of which has a single member; some pay is missing."""
    fake = Faker("ko_KR")
    fake.seed_instance(int(rng.integers(10**6)))
    teams = ["solo", "duo", "duo", *(str(team) for team in rng.choice(["east", "west"], n - 3))]
    return [
        {
            "name": fake.name(), "mail": fake.email(), "team": team, "age": int(rng.integers(18, 70)),
            "pay": None if rng.random() < 0.2 and i > 2 else int(rng.integers(200, 600)),
        }
        for i, team in enumerate(teams)
    ]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then tables of invented people."""
    yield Case(PSEUDONYM, ([{"id": 7}, {"id": "7"}, {"id": "seven"}], {"id": {"technique": "pseudonymise"}}, "s3cret"))
    yield Case(MEANS, ([{"t": 1, "x": 2.5}, {"t": 1, "x": 4}, {"t": 2, "x": 9}], {"x": {"technique": "aggregate", "by": "t", "minimum": 2}}, ""))
    yield Case(MEANS, ([{"t": 1, "x": 2}, {"t": 1, "x": 4}], {"x": {"technique": "aggregate", "by": "t", "minimum": 3}}, ""))
    yield Case(MEANS, ([{"t": None, "x": 2}, {"t": 1, "x": 4}, {"t": None, "x": 5}], {"x": {"technique": "aggregate", "by": "t", "minimum": 2}}, ""))
    yield Case(DELETED, ([{"a": 1, "b": None}, {"a": None, "b": 2}], {"a": {"technique": "delete"}}, "k"))
    yield Case(DELETED, ([], {"a": {"technique": "delete"}}, "k"))
    yield Case(BANDS, ([{"age": age} for age in (0, 4, 5, 9, 10, 99, 100)], {"age": {"technique": "categorise", "width": 5}}, "k"))
    yield Case(BANDS, ([{"age": age} for age in (17, 18, 36)], {"age": {"technique": "categorise", "width": 18}}, "k"))
    yield Case(BANDS, ([{"age": 3}], {"age": {"technique": "categorise", "width": 1}}, "k"))
    for text, keep in (("010-1234-5678", 0), ("+82 10", 3), ("ab", 2), ("abc", 2), ("a", 2), ("", 1), ("김민지 (팀장)", 1), ("a_b.c@d", 2), ("--a-b", 1)):
        yield Case(MASKED, ([{"it": text}], {"it": {"technique": "mask", "keep": keep}}, "k"))
    rules = {
        "name": {"technique": "mask", "keep": int(rng.integers(1, 3))}, "mail": {"technique": "pseudonymise"},
        "pay": {"technique": "aggregate", "by": "team", "minimum": 2}, "age": {"technique": "categorise", "width": int(rng.integers(5, 20))},
    }
    yield Case(TOGETHER, (staff(rng, 12), {**rules, "team": {"technique": "pseudonymise"}}, f"key-{rng.integers(1000)}"))
    yield Case(TOGETHER, (staff(rng, 12), {"team": {"technique": "delete"}, **rules}, f"key-{rng.integers(1000)}"))
    ages = {"age": {"technique": "categorise", "width": 40}, "pay": {"technique": "aggregate", "by": "age", "minimum": 1}}
    yield Case(TOGETHER, (STAFF, ages, "k"))
    for rule in ({"technique": "mask", "keep": 1}, {"technique": "categorise", "width": 10}, {"technique": "pseudonymise"}):
        yield Case(MISSING, ([{"a": None, "b": None}], {"a": rule}, "k"))
    gaps = [{"t": "x", "a": None}, {"t": "x", "a": 3}, {"t": "x", "a": 6}, {"t": "y", "a": 5}, {"t": "y", "a": None}]
    yield Case(MISSING, (gaps, {"a": {"technique": "aggregate", "by": "t", "minimum": 2}}, "k"))
    yield Case(REFUSED, ([{"a": 1}], {"a": {"technique": "encrypt"}}, "k"), raises="ValueError")
    yield Case(REFUSED, ([{"a": 1, "b": 1}], {"a": {"technique": "delete"}, "b": {"technique": "encrypt"}}, "k"), raises="ValueError")
    yield Case(REFUSED, ([{"t": 1}], {"x": {"technique": "aggregate", "by": "t", "minimum": 1}}, "k"), raises="ValueError")
    yield Case(REFUSED, ([{"a": 1}, {"b": 1}], {"a": {"technique": "delete"}}, "k"), raises="ValueError")
    yield Case(REFUSED, ([{"a": 1}], {"b": {"technique": "mask", "keep": 1}}, "k"), raises="ValueError")
    yield Case(REFUSED, ([{"a": 1}], {"a": {"technique": "aggregate", "by": "team", "minimum": 1}}, "k"), raises="ValueError")


exercise = Exercise(
    id="deidentify",
    title="Five ways to de-identify",
    points=5,
    minutes=20,
    hints=(
        "Write one small function that gives the new value of one cell, and build new rows with it; never write into the rows that came.",
        "`hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]` is the pseudonym.",
        "For the mask, collect the places of letters and digits (`str.isalnum`) first; only then decide which of them stay.",
    ),
    compare=close(),  # means: any two right ways differ by rounding only
    reference=reference,
    public=(
        Case(PSEUDONYM, (STAFF[:2], {"name": {"technique": "pseudonymise"}}, "key of May")),
        Case(PSEUDONYM, (STAFF[:2], {"name": {"technique": "pseudonymise"}}, "key of June")),
        Case(MEANS, (STAFF, {"pay": {"technique": "aggregate", "by": "team", "minimum": 3}}, "k")),
        Case(DELETED, (STAFF, {"phone": {"technique": "delete"}}, "k")),
        Case(BANDS, (STAFF, {"age": {"technique": "categorise", "width": 10}}, "k")),
        Case(MASKED, (STAFF[:1], {"phone": {"technique": "mask", "keep": 3}}, "k")),
        Case(MASKED, (STAFF[:1], {"name": {"technique": "mask", "keep": 3}}, "k")),
        Case(TOGETHER, (STAFF, {"team": {"technique": "delete"}, "pay": {"technique": "aggregate", "by": "team", "minimum": 2}}, "k")),
        Case(MISSING, ([{"name": None}, {"name": "홍길동"}], {"name": {"technique": "pseudonymise"}}, "k")),
        Case(REFUSED, (STAFF, {"name": {"technique": "hide"}}, "k"), raises="ValueError"),
        Case(REFUSED, (STAFF, {"salary": {"technique": "delete"}}, "k"), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def cell_by_cell(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.right
def with_a_function_per_technique(rows, rules, key):
    def pseudonymise(value, rule, column, row):
        return hmac.new(bytes(key, "utf-8"), bytes(f"{value}", "utf-8"), "sha256").hexdigest()[:8]

    def aggregate(value, rule, column, row):
        numbers = [r[column] for r in rows if r[rule["by"]] == row[rule["by"]]]
        numbers = np.array([n for n in numbers if n is not None])
        return float(numbers.mean()) if numbers.size >= rule["minimum"] else None

    def categorise(value, rule, column, row):
        band = int(value / rule["width"])
        return f"{band * rule['width']}-{(band + 1) * rule['width'] - 1}"

    def mask(value, rule, column, row):
        total, seen, text = sum(map(str.isalnum, value)), 0, ""
        for sign in value:
            seen += sign.isalnum()
            text += "*" if sign.isalnum() and (seen > rule["keep"] or total <= rule["keep"]) else sign
        return text

    techniques = {"pseudonymise": pseudonymise, "aggregate": aggregate, "categorise": categorise, "mask": mask, "delete": None}
    if not {rule["technique"] for rule in rules.values()} <= techniques.keys():
        raise ValueError("unknown technique")
    result = []
    for row in rows:
        if not (rules.keys() | {rule["by"] for rule in rules.values() if "by" in rule}) <= row.keys():
            raise ValueError("unknown column")
        new = {}
        for column, value in row.items():
            rule = rules.get(column, {"technique": "none"})
            if rule["technique"] == "delete":
                continue
            keep = value is None or rule["technique"] == "none"
            new[column] = value if keep else techniques[rule["technique"]](value, rule, column, row)
        result.append(new)
    return result


@exercise.right
def with_a_warning(rows, rules, key):
    import warnings

    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    warnings.warn("de-identified is not anonymous: try to link the rows before you publish", stacklevel=2)
    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "Your pseudonyms are plain hashes, without the key. Whoever can list all possible values, every phone number say, "
    "hashes them all and looks yours up. HMAC with a secret key closes that door.",
    share=5 / 8,
)
def plain_hash(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hashlib.sha256(str(value).encode()).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "You publish the mean of groups that are too small. The mean of one person is that person's value: below `minimum` "
    "members, give None.",
    share=5 / 8,
)
def small_groups_published(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if group else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "You mask hyphens, spaces and dots as well. They tell nothing about the person, and without them nobody sees what the"
    " column was: mask letters and digits only.",
    share=7 / 8,
)
def separators_masked(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) ]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "A value with no more letters and digits than `keep` comes out of your mask unchanged, so short names are published "
    "whole. Mask such a value completely.",
    share=7 / 8,
)
def short_values_shown(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]]
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "Your bands share their ends: 40 lies in 30-40 and in 40-50. Bands of whole numbers end one below the next: 30-39.",
    share=6 / 8,
)
def bands_overlap(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width']}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "You emptied the column and kept its name. Deletion takes the column out of every row; its name alone may say what "
    "was collected.",
    share=6 / 8,
)
def emptied_not_deleted(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "delete":
            return None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    return [{column: changed(row, column) for column in row} for row in rows]


@exercise.wrong(
    "You apply the rules one after the other, so a mean is grouped by a column that has been changed already. Compute "
    "every new value from the rows as they came.",
    share=7 / 8,
)
def one_rule_after_the_other(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    rows = [dict(row) for row in rows]

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None:
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    for column in rules:
        new = [changed(row, column) if column not in deleted else None for row in rows]
        rows = [{**row, column: value} for row, value in zip(rows, new)]
    return [{column: row[column] for column in row if column not in deleted} for row in rows]


@exercise.wrong(
    "A missing value gets a pseudonym, the same for all, and looks like one person who returns again and again. None "
    "stays None.",
    share=7 / 8,
)
def missing_gets_a_pseudonym(rows, rules, key):
    known = ("pseudonymise", "aggregate", "delete", "categorise", "mask")
    for column, rule in rules.items():
        if rule["technique"] not in known:
            raise ValueError(f"technique must be one of {known}, got {rule['technique']!r}")
        if not all(column in row and rule.get("by", column) in row for row in rows):
            raise ValueError(f"a rule names column {column!r}, which some row does not have")

    def changed(row, column):
        value, rule = row[column], rules.get(column)
        if rule is None or value is None and rule["technique"] != "pseudonymise":
            return value
        if rule["technique"] == "pseudonymise":
            return hmac.new(key.encode(), str(value).encode(), hashlib.sha256).hexdigest()[:8]
        if rule["technique"] == "aggregate":
            group = [other[column] for other in rows if other[rule["by"]] == row[rule["by"]] and other[column] is not None]
            return sum(group) / len(group) if len(group) >= rule["minimum"] else None
        if rule["technique"] == "categorise":
            low = value // rule["width"] * rule["width"]
            return f"{low}-{low + rule['width'] - 1}"
        letters = [i for i, sign in enumerate(value) if sign.isalnum()]
        kept = letters[:rule["keep"]] if len(letters) > rule["keep"] else []
        return "".join("*" if i in letters and i not in kept else sign for i, sign in enumerate(value))

    deleted = [column for column, rule in rules.items() if rule["technique"] == "delete"]
    return [{column: changed(row, column) for column in row if column not in deleted} for row in rows]
