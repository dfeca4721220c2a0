"""The instructor's report on an assignment: one HTML file that needs nothing else, and the same tables as CSV and JSON.

The page holds no script and asks for nothing from anywhere; its own Content-Security-Policy forbids both. Learners' names and
code stand in it as text: Jinja escapes them, ``visible`` shows control and direction characters instead of letting them act.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.i18n import language
from graders import item_statistics as statistics
from graders import similarity
from graders.cohort import Cohort
from graders.lms import write_csv
from graders.report_texts import incident, level, percent, reason, words

__all__ = ["FORMATS", "render", "tables", "visible", "write_report"]

FORMATS = ("html", "csv", "json")
LISTED, SHOWN = 200, 40  # pairs in the page's table, pairs side by side; the CSV file has all
SLOWEST = 10
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """``text`` with characters that would act (terminal escapes, direction marks) or hide (zero width) shown by number.

    >>> visible("ann\\x1b[2J")
    'ann⟨1B⟩[2J'
    """
    return UNSEEN.sub(lambda found: f"⟨{ord(found[0]):02X}⟩", text)


def write_report(cohort: Cohort, folder: Path, formats: Collection[str] = FORMATS) -> list[Path]:
    """Write the report into ``folder`` in the language in use; returns the files. ``formats``: some of "html", "csv", "json"."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs, written = similarity.near_identical(cohort.prints), []
    if "html" in formats:
        written.append(_write(folder / "report.html", render(cohort, pairs)))
    found = tables(cohort, pairs)
    if "csv" in formats:
        written += [write_csv(table.map(_flat), folder / f"{name}.csv") for name, table in found.items()]
    if "json" in formats:
        content: dict[str, Any] = {"assignment": cohort.assignment, "summary": _plain(statistics.summary(cohort))}
        content |= {name: [_plain(row) for row in _records(table)] for name, table in found.items()}
        written.append(_write(folder / "report.json", json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)))
    return written


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
    return path


def tables(cohort: Cohort, pairs: list[similarity.Pair]) -> dict[str, pd.DataFrame]:
    """All tables by the name of their file, texts in the language in use."""
    checks, properties, mistakes = (f(cohort) for f in (statistics.item_table, statistics.property_table, statistics.mistakes))
    checks["title"] = checks["title"].map(_)
    properties["property"] = properties["property"].map(_)
    mistakes["mistake"] = mistakes["mistake"].map(_)
    incidents = cohort.incidents.assign(meaning=cohort.incidents["incident"].map(incident))
    similar = pd.DataFrame([vars(pair) for pair in pairs], columns=["a", "b", "similarity", "shared"])
    return {"learners": cohort.learners, "checks": checks, "properties": properties, "mistakes": mistakes, "incidents": incidents,
            "problems": cohort.problems, "similar": similar}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _flat(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """``row`` as JSON can hold it: no NaN, no NumPy."""
    return {str(key): _json(value) for key, value in row.items()}


def _json(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


@cache
def _template() -> jinja2.Template:
    def shown(value: Any) -> Any:
        return visible(value) if type(value) is str else value  # not Markup, which Jinja made itself

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, finalize=shown, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent}
    return environment.get_template("report.html.j2")


def number(value: float, digits: int = 1) -> str:
    """``value`` with at most ``digits`` decimals, "–" for NaN."""
    return "–" if pd.isna(value) else f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def render(cohort: Cohort, pairs: list[similarity.Pair]) -> str:
    """The page, in the language in use."""
    learners = cohort.learners
    judged = learners[learners["judged"]]
    total = statistics.summary(cohort)
    written = judged[judged["written"]]
    names = {row["student"]: row for row in learners.to_dict("records")}
    context = {
        "language": language(), "w": words(total, len(pairs), LISTED, SHOWN), "assignment": cohort.assignment, "total": total,
        "now": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "scores": statistics.histogram(written["score"], total["max_score"], 20),
        "seconds": statistics.histogram(judged["seconds"], judged["seconds"].max(), 20),
        "memory": statistics.histogram(judged["peak_mb"], judged["peak_mb"].max(), 20),
        "seconds_median": judged["seconds"].median(), "memory_median": judged["peak_mb"].median(),
        "slowest": judged.nlargest(SLOWEST, "seconds").to_dict("records"),
        "checks": _checks(cohort), "mistakes": _mistakes(cohort), "incidents": _incidents(cohort),
        "problems": _grouped(cohort.problems, "problem"),
        "learners": learners.to_dict("records"), "names": names, "unread": cohort.unread,
        "pairs": pairs[:LISTED], "more": max(0, len(pairs) - LISTED), "families": [f for f in similarity.families(pairs) if len(f) > 2],
        "shown": [_beside(cohort, pair) for pair in pairs[:SHOWN]],
    }
    return _template().render(context)


def _checks(cohort: Cohort) -> list[dict[str, Any]]:
    properties = statistics.property_table(cohort)
    rows = _records(statistics.item_table(cohort))
    checks = statistics.counted(cohort)
    stopped = _records(checks[checks["incident"] != ""].groupby(["exercise", "incident"]).size().reset_index(name="n"))
    for row in rows:
        mine = _records(properties[properties["exercise"] == row["exercise"]])
        row["title"], row["level"] = _(row["title"]), level(row["discrimination"])
        row["properties"] = [{**p, "property": _(p["property"])} for p in mine]
        row["stopped"] = [(reason(found["incident"]), found["n"]) for found in stopped if found["exercise"] == row["exercise"]]
    return rows


def _mistakes(cohort: Cohort) -> list[dict[str, Any]]:
    rows = _records(statistics.mistakes(cohort))
    return [{**row, "mistake": _(row["mistake"]), "title": _(cohort.titles.get(row["exercise"], row["exercise"]))} for row in rows]


def _incidents(cohort: Cohort) -> list[tuple[str, list[str]]]:
    return _grouped(cohort.incidents.assign(incident=cohort.incidents["incident"].map(incident)), "incident")


def _grouped(table: pd.DataFrame, column: str) -> list[tuple[str, list[str]]]:
    """Learner and texts."""
    return [(str(student), list(dict.fromkeys(rows[column]))) for student, rows in table.groupby("student")]


def _beside(cohort: Cohort, pair: similarity.Pair) -> dict[str, Any]:
    """Both learners' cells with something in common; the number of those without."""
    left, right = cohort.code[pair.a], cohort.code[pair.b]
    a, b = similarity.marked(left, right, cohort.frame), similarity.marked(right, left, cohort.frame)
    cells = [cell for cell in dict.fromkeys([*a, *b]) if any(mark for _text, mark in [*a.get(cell, []), *b.get(cell, [])])]
    return {"pair": pair, "cells": [{"id": c, "a": a.get(c, []), "b": b.get(c, [])} for c in cells], "left_out": len({*a, *b}) - len(cells)}
