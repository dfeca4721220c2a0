"""Declarative data tests: what must hold of a table, and the rows where it does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Rule = dict[str, Any]

UNIQUE = "unique names every copy of a repeated value"
RANGES = "between and in_set accept what they name"
WHOLE = "matches asks for the whole text"
MISSING = "a missing cell fails not_null alone"
LABELS = "rows are named by their index label"
REFUSED = "an unknown column or check is refused"


def holds(rule: Rule, cell: Any, cells: Sequence[Any]) -> bool:
    """Does one cell of the column ``cells`` keep ``rule``, whose check is one of the five?"""
    if rule["check"] == "not_null":
        return not pd.isna(cell)
    if pd.isna(cell):
        return True
    if rule["check"] == "unique":
        return sum(1 for other in cells if other == cell) == 1
    if rule["check"] == "between":
        return bool(rule["min"] <= cell <= rule["max"])
    if rule["check"] == "in_set":
        return cell in rule["values"]
    return re.fullmatch(rule["pattern"], cell) is not None


def reference(df: pd.DataFrame, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Cell by cell: one dict per rule, with the index labels of the rows that break it."""
    report = []
    for rule in rules:
        if rule["column"] not in df.columns:
            raise ValueError(f"there is no column called {rule['column']!r}")
        if rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"there is no check called {rule['check']!r}")
        cells = list(df[rule["column"]])
        rows = [label for label, cell in zip(df.index.tolist(), cells) if not holds(rule, cell, cells)]
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(rows), "rows": rows})
    return report


def rule(column: str, check: str, **more: Any) -> Rule:
    """A rule as the exercise writes it."""
    return {"column": column, "check": check, **more}


RECEIPTS = (
    rule("receipt", "unique"),
    rule("receipt", "matches", pattern=r"R-\d{3}"),
    rule("total", "between", min=25, max=475),
    rule("total", "not_null"),
    rule("paid", "in_set", values=["card", "cash"]),
    rule("paid", "not_null"),
)


CITIES = ["Seoul", "Busan", "Ulsan", "Daegu"]


def receipts(rng: np.random.Generator, n_rows: int, missing: float) -> pd.DataFrame:
    """A table with repeated and misspelled numbers, totals out of range and, with rate ``missing``, empty cells."""
    table = pd.DataFrame(
        {
            "receipt": [f"R-{n}" for n in rng.integers(95, 130, n_rows)],
            "total": rng.integers(-2, 12, n_rows) * 50.0,
            "paid": rng.choice(["card", "cash", "Card"], n_rows).tolist(),
        }
    )
    return table.mask(rng.random(table.shape) < missing)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """An empty table, no rules, every rule alone, then random tables: complete, with gaps, filtered."""
    full = receipts(rng, 25, 0)
    yield Case(UNIQUE, (full[["total"]].iloc[:0], [rule("total", "unique"), rule("total", "not_null")]))
    yield Case(UNIQUE, (full, [rule("receipt", "unique"), rule("total", "unique"), rule("paid", "unique")]))
    yield Case(RANGES, (full, []))
    yield Case(RANGES, (full, [rule("total", "between", min=0, max=500), rule("total", "in_set", values=[0.0, 50.0])]))
    yield Case(RANGES, (full, [rule("paid", "in_set", values=["card", "cash"]), rule("total", "between", min=100, max=100)]))
    cities = pd.DataFrame({"city": ["Seoul", "Ulsan", "Busan"]})
    yield Case(RANGES, (cities, [rule("city", "between", min="Busan", max="Seoul"), rule("city", "in_set", values=CITIES)]))
    codes = pd.DataFrame({"code": ["R-100", "R-1000", "xR-100", "r-100", "", "R-200 "]})
    yield Case(WHOLE, (codes, [rule("code", "matches", pattern=r"R-\d{3}"), rule("code", "matches", pattern="R-100|R-1")]))
    yield Case(MISSING, (receipts(rng, 40, 0.3), list(RECEIPTS)))
    yield Case(MISSING, (pd.DataFrame({"total": [np.nan, np.nan]}), [rule("total", "unique"), rule("total", "not_null")]))
    part = receipts(rng, 60, 0)
    yield Case(LABELS, (part[part["total"] > 100], [RECEIPTS[1], RECEIPTS[4]]))
    named = full.set_axis([f"row {i}" for i in rng.permutation(25)])
    yield Case(LABELS, (named, [RECEIPTS[4]]))
    yield Case(REFUSED, (full, [RECEIPTS[0], rule("price", "between", min=0, max=1)]), raises="ValueError")
    yield Case(REFUSED, (full.iloc[:0], [rule("paid", "Unique")]), raises="ValueError")


SHOP = pd.DataFrame({"id": ["A1", "A2", "A1", "A34"], "age": [18, 65, 17, 40], "size": ["S", "M", "XL", "L"]})
GAPS = pd.DataFrame({"id": ["A1", None, "A3", None], "age": [20.0, 30.0, np.nan, 99.0]})

exercise = Exercise(
    id="expectations",
    title="Data tests with a report",
    points=4,
    minutes=12,
    hints=(
        "Write each check as a boolean column, True where the row fails; `df.index[failed].tolist()` then gives the labels.",
        "`isna`, `duplicated(keep=False)`, `between`, `isin` and `str.fullmatch` are all methods of a pandas column.",
        "For every check but `not_null`, take the missing cells out at the end: `failed & column.notna()`. Look for unknown names first.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(UNIQUE, (SHOP, [rule("id", "unique"), rule("age", "unique")])),
        Case(RANGES, (SHOP, [rule("age", "between", min=18, max=65), rule("size", "in_set", values=["S", "M", "L"])])),
        Case(WHOLE, (SHOP, [rule("id", "matches", pattern=r"A\d")])),
        Case(
            MISSING,
            (
                GAPS,
                [
                    rule("id", "not_null"),
                    rule("id", "unique"),
                    rule("id", "matches", pattern=r"A\d"),
                    rule("id", "in_set", values=["A1", "A2"]),
                    rule("age", "between", min=0, max=90),
                ],
            ),
        ),
        Case(LABELS, (SHOP.iloc[2:], [rule("age", "between", min=18, max=65)])),
        Case(REFUSED, (SHOP, [rule("colour", "not_null")]), raises="ValueError"),
        Case(REFUSED, (SHOP, [rule("age", "betwen", min=18, max=65)]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_columns(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns:
            raise ValueError(f"no column {rule['column']!r}")
        column, check = df[rule["column"]], rule["check"]
        if check == "not_null":
            failed = column.isna()
        elif check == "unique":
            failed = column.duplicated(keep=False) & column.notna()
        elif check == "between":
            failed = (column < rule["min"]) | (column > rule["max"])
        elif check == "in_set":
            failed = ~column.isin(rule["values"]) & column.notna()
        elif check == "matches":
            failed = column.notna() & ~column.astype(str).str.fullmatch(rule["pattern"])
        else:
            raise ValueError(f"no check {check!r}")
        rows = df.index[failed.to_numpy(dtype=bool)].tolist()
        report.append({"column": rule["column"], "check": check, "n_failed": len(rows), "rows": rows})
    return report


@exercise.right
def with_a_table_of_checks(df, rules):
    checks = {
        "not_null": lambda cell, rule, count: not pd.isna(cell),
        "unique": lambda cell, rule, count: count[cell] == 1,
        "between": lambda cell, rule, count: not (cell < rule["min"] or cell > rule["max"]),
        "in_set": lambda cell, rule, count: cell in rule["values"],
        "matches": lambda cell, rule, count: bool(re.match(f"(?:{rule['pattern']})\\Z", cell)),
    }
    report = []
    for rule in rules:
        name, check = rule["column"], rule["check"]
        if name not in df or check not in checks:
            raise ValueError(f"cannot check {check!r} on {name!r}")
        count = Counter(df[name].tolist())
        rows = []
        for label, cell in df[name].items():
            if check != "not_null" and pd.isna(cell):
                continue
            if not checks[check](cell, rule, count):
                rows.append(label)
        report.append(dict(column=name, check=check, n_failed=len(rows), rows=rows))
    return report


@exercise.right
def with_a_warning(df, rules):
    import warnings

    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in {"not_null", "unique", "between", "in_set", "matches"}:
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]]
        present = column.dropna()
        if rule["check"] == "not_null":
            bad = column[column.isna()]
        elif rule["check"] == "unique":
            bad = present[present.duplicated(keep=False)]
        elif rule["check"] == "between":
            bad = present[~present.between(rule["min"], rule["max"])]
        elif rule["check"] == "in_set":
            bad = present[[value not in rule["values"] for value in present]]
        else:
            bad = present[[re.fullmatch(rule["pattern"], value) is None for value in present]]
        if len(bad):
            warnings.warn(f"{len(bad)} rows break {rule}")
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report


# Every mistake below repeats the same five checks with one thing done wrong: a learner's answer is one function.


@exercise.wrong(
    "`unique` leaves out the first copy: `duplicated()` marks only the later ones. Which copy is right is what a person has to "
    "decide, so name all of them: `duplicated(keep=False)`.",
    share=4 / 6,
)
def first_copy_spared(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]]
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated()],
            "between": lambda: present[~present.between(rule["min"], rule["max"])],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.fullmatch(rule["pattern"], value) is None for value in present]],
        }[rule["check"]]()
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report


@exercise.wrong(
    "`between` refuses its own bounds: 18 fails the rule from 18 to 65. Here, as in pandas, both bounds belong to the range.",
    share=5 / 6,
)
def bounds_excluded(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]]
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated(keep=False)],
            "between": lambda: present[~present.between(rule["min"], rule["max"], inclusive="neither")],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.fullmatch(rule["pattern"], value) is None for value in present]],
        }[rule["check"]]()
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report


@exercise.wrong(
    "`matches` is content when a text only begins with the pattern: A34 passes for `A\\d`. `re.match` and `re.search` look for a part; "
    "`re.fullmatch` asks for the whole text.",
    share=5 / 6,
)
def beginning_only(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]]
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated(keep=False)],
            "between": lambda: present[~present.between(rule["min"], rule["max"])],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.match(rule["pattern"], value) is None for value in present]],
        }[rule["check"]]()
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report


@exercise.wrong(
    "Missing cells fail other checks than `not_null`. A gap is then reported several times, and nobody can say any more how many "
    "values are really out of range. Only `not_null` speaks of gaps; the other checks judge what is there.",
    share=5 / 6,
)
def gaps_fail_everything(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]]
        failed = {
            "not_null": lambda: column.isna(),
            "unique": lambda: column.duplicated(keep=False),
            "between": lambda: ~column.between(rule["min"], rule["max"]),
            "in_set": lambda: ~column.isin(rule["values"]),
            "matches": lambda: pd.Series(
                [pd.isna(value) or re.fullmatch(rule["pattern"], value) is None for value in column], column.index, dtype=bool
            ),
        }[rule["check"]]()
        rows = df.index[failed].tolist()
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(rows), "rows": rows})
    return report


@exercise.wrong(
    "You returned positions, counted from 0. In a table that was filtered or sorted they no longer lead back to the source; the index labels, "
    "`df.index[...]`, do.",
    share=5 / 6,
)
def positions(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]].reset_index(drop=True)
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated(keep=False)],
            "between": lambda: present[~present.between(rule["min"], rule["max"])],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.fullmatch(rule["pattern"], value) is None for value in present]],
        }[rule["check"]]()
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report


@exercise.wrong(
    "Your report leaves out the rules that no row breaks. Then a reader cannot tell a rule that passed from a rule that never "
    "ran: one entry per rule, also with 0 failures.",
    share=3 / 6,
)
def passed_rules_missing(df, rules):
    report = []
    for rule in rules:
        if rule["column"] not in df.columns or rule["check"] not in ("not_null", "unique", "between", "in_set", "matches"):
            raise ValueError(f"cannot apply {rule}")
        column = df[rule["column"]]
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated(keep=False)],
            "between": lambda: present[~present.between(rule["min"], rule["max"])],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.fullmatch(rule["pattern"], value) is None for value in present]],
        }[rule["check"]]()
        if len(bad):
            report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report


@exercise.wrong(
    "A rule with a misspelled name passes as if all were well. A test that silently checks nothing is worse than no test: an unknown "
    "column or check is a ValueError.",
    share=5 / 6,
)
def unknown_names_pass(df, rules):
    report = []
    for rule in rules:
        column = df[rule["column"]] if rule["column"] in df.columns else pd.Series(dtype=float)
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated(keep=False)],
            "between": lambda: present[~present.between(rule["min"], rule["max"])],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.fullmatch(rule["pattern"], value) is None for value in present]],
        }.get(rule["check"], lambda: [])()
        rows = list(bad.index) if len(bad) else []
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(rows), "rows": rows})
    return report


@exercise.wrong(
    "An unknown column ends in pandas' KeyError, which names a column and not the rule that asked for it. Look whether the column exists, and "
    "raise a ValueError that says which rule cannot be applied.",
    share=5 / 6,
)
def key_error(df, rules):
    report = []
    for rule in rules:
        column = df[rule["column"]]
        present = column.dropna()
        bad = {
            "not_null": lambda: column[column.isna()],
            "unique": lambda: present[present.duplicated(keep=False)],
            "between": lambda: present[~present.between(rule["min"], rule["max"])],
            "in_set": lambda: present[~present.isin(rule["values"])],
            "matches": lambda: present[[re.fullmatch(rule["pattern"], value) is None for value in present]],
        }[rule["check"]]()
        report.append({"column": rule["column"], "check": rule["check"], "n_failed": len(bad), "rows": list(bad.index)})
    return report
