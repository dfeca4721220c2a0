"""The leaderboard of the DataPerf track: a row for each attempt, beside what random choice, the obvious heuristic and the reference reach.

It is one file in the workbook, ``.dcai/leaderboard.jsonl``, a line of JSON for each attempt. A line is only ever added, in one piece,
so nothing that stands there is touched. A line that cannot be read is named and left where it is. Outside a workbook the board lasts
as long as the program. Scores here are practice, on public rounds: a grader draws rounds of its own.
"""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from datacentric_helpers import workbook
from datacentric_helpers.dataperf import LOWER_IS_BETTER, TASKS, Round, play, score
from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.judge_client import judged

__all__ = ["Board", "append", "attempt", "best_first", "interval", "leaderboard", "read", "row_problem"]

Row = dict[str, Any]
FIELDS = {"task": str, "score": float, "low": float, "high": float, "rounds": int, "when": str, "note": str, "name": str}
MAX_NOTE, MAX_NAME = 200, 60
GREY, BLUE = "#829AB1", "#0072B2"

_session: list[Row] = []  # attempts where there is no workbook to keep them


def _file() -> Path | None:
    top = workbook.root()
    return top / ".dcai" / "leaderboard.jsonl" if top else None


def interval(scores: Sequence[float]) -> tuple[float, float, float]:
    """Mean of the rounds' ``scores`` and the ends of its 95 % interval (Student's t).

    >>> [round(x, 3) for x in interval([0.6, 0.7, 0.8])]
    [0.7, 0.452, 0.948]
    """
    from scipy.stats import t

    values = np.asarray(scores, float)
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean, mean
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    return mean, mean - half, mean + half


def row_problem(row: Any) -> str | None:
    """Why ``row`` is no line of a leaderboard; None where it is one."""
    if not isinstance(row, dict):
        return _("it is no JSON object")
    for name, kind in FIELDS.items():
        value = row.get(name)
        fits = isinstance(value, (int, float)) and math.isfinite(value) if kind is float else isinstance(value, kind)
        if not fits or isinstance(value, bool):
            return _("the field {name} is missing or of the wrong kind").format(name=name)
    return None if row["task"] in TASKS else _("there is no task {task!r}").format(task=row["task"])


def read(path: Path) -> tuple[list[Row], list[str]]:
    """The rows in the file ``path`` in their order, and what is wrong with the lines that are none. No file: no rows."""
    if not path.is_file():
        return [], []
    rows, problems = [], []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            problem = row_problem(row)
        except (ValueError, RecursionError):
            problem = _("it is no JSON")
        if problem:
            problems.append(_("{path}, line {number} is left out: {problem}").format(path=path.name, number=number, problem=problem))
        else:
            rows.append({name: row[name] for name in FIELDS})
    return rows, problems


def append(path: Path, row: Row) -> None:
    """Add ``row`` to the file ``path`` as a line of its own, in one write, and make sure it is on the disk.

    What a crash left as half a line before it stays a line of its own. Raises ValueError for a row that ``read`` would leave out, OSError
    where the disk cannot be written.
    """
    problem = row_problem(row)
    if problem:
        raise ValueError(problem)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({name: row[name] for name in FIELDS}, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            line = line if os.read(handle, 1) == b"\n" else b"\n" + line
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def best_first(task: str, rows: Iterable[Row]) -> list[Row]:
    """The rows of ``task``, the best score first; equal scores in the order of time."""
    sign = 1 if task in LOWER_IS_BETTER else -1
    return sorted((row for row in rows if row["task"] == task), key=lambda row: (sign * row["score"], row["when"]))


def _exercise(task: str) -> dict[str, Any]:
    from datacentric_helpers.checking import exercises

    if task not in TASKS:
        raise ValueError(_("there is no task {task!r}; there are: {known}").format(task=task, known=", ".join(TASKS)))
    found = exercises().get(TASKS[task])
    if found is None:
        raise ValueError(_("the rounds of {task} are not there: run `dcai build` first").format(task=task))
    return found


def _public(task: str) -> list[dict[str, Any]]:
    """What is expected in the public cases that are rounds."""
    return [case["expected"] for case in _exercise(task)["cases"] if isinstance(case["expected"], dict) and "seeds" in case["expected"]]


def _yardsticks(task: str) -> list[Row]:
    """Random choice, heuristic and reference as rows."""
    names = {"random": _("random choice"), "heuristic": _("obvious heuristic"), "reference": _("reference")}
    rows = []
    for level, name in names.items():
        scores = [value for expected in _public(task) for value in expected["scores"][level]]
        mean, low, high = interval(scores)
        rows.append({"task": task, "score": mean, "low": low, "high": high, "rounds": len(scores), "when": "", "note": "", "name": name})
    return rows


def _scores(task: str, function: Callable[..., Any]) -> list[float]:
    """What ``function`` reaches in each public round. Raises ValueError where an answer is none."""
    scores = []
    for expected in _public(task):
        for number, seed in enumerate(expected["seeds"]):
            one = play(task, seed)
            answer = function(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in one.args))
            sealed = {**one.sealed, "target": expected["targets"][number]} if "targets" in expected else one.sealed
            scores.append(score(task, Round(task, one.args, sealed), answer))
    return scores


def attempt(task: str, function: Callable[..., Any], note: str = "", name: str = "") -> Board | None:
    """Score ``function`` on the public rounds of ``task``, add a row to the leaderboard, and return the board.

    ``note`` says what you tried, ``name`` is yours or a pseudonym. Nothing is added where an answer is none (ValueError says why), or
    where the function is not written yet. While a grader runs the notebook this does nothing.
    """
    if judged():
        return None
    try:
        scores = _scores(task, function)
    except NotImplementedError:
        return leaderboard(task, [_("Not written yet: nothing was added.")])
    mean, low, high = interval(scores)
    row = {"task": task, "score": round(mean, 6), "low": round(low, 6), "high": round(high, 6), "rounds": len(scores),
           "when": datetime.now(UTC).isoformat(timespec="milliseconds"), "note": note[:MAX_NOTE], "name": name[:MAX_NAME]}
    path, problem = _file(), ""
    if path is None:
        _session.append(row)
    else:
        try:
            append(path, row)
        except OSError as error:
            _session.append(row)
            problem = _("The attempt could not be stored ({reason}); it is shown here only.").format(reason=error)
    return leaderboard(task, [problem] if problem else [])


def leaderboard(task: str, problems: Sequence[str] = ()) -> Board | None:
    """The board of ``task``: every attempt so far beside the three yardsticks; None while a grader runs the notebook.

    Raises ValueError for a task that there is not.
    """
    if judged():
        return None
    path = _file()
    rows, found = read(path) if path else ([], [])
    return Board(task, [*rows, *_session], _yardsticks(task), [*problems, *found])


class Board:
    """The rows of one task, best first, as HTML with a small figure in a notebook and as text in a terminal."""

    def __init__(self, task: str, rows: Iterable[Row], yardsticks: Iterable[Row], problems: Sequence[str] = ()) -> None:
        self.task, self.problems = task, list(problems)
        self.marks = {row["name"] for row in yardsticks}
        self.rows = best_first(task, [*rows, *yardsticks])

    def _headline(self) -> str:
        better = _("lower is better") if self.task in LOWER_IS_BETTER else _("higher is better")
        return f"{self.task} ({better})"

    def _label(self, row: Row) -> str:
        return str(row["name"] if row["name"] in self.marks else row["name"] or _("you"))

    def __repr__(self) -> str:
        lines = [self._headline()]
        for place, row in enumerate(self.rows, 1):
            mark = "─" if row["name"] in self.marks else "●"
            when = f"  {row['when'][:16].replace('T', ' ')}" if row["when"] else ""
            note = f"  {row['note']}" if row["note"] else ""
            numbers = f"{row['score']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]"
            lines.append(f"{place:>3} {mark} {numbers}  {self._label(row)}{when}{note}")
        return "\n".join([*lines, *self.problems])

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;padding:2px 10px"'
        heads = (_("place"), _("score"), _("95 % interval"), "", _("who"), _("when (UTC)"), _("note"))
        head = "".join(f"<th {cell}>{html.escape(text)}</th>" for text in heads)
        low, high = min(0.0, *(row["low"] for row in self.rows)), max(1.0, *(row["high"] for row in self.rows))
        body = ""
        for place, row in enumerate(self.rows, 1):
            texts = (str(place), f"{row['score']:.3f}", f"{row['low']:.3f} – {row['high']:.3f}")
            after = (self._label(row), row["when"][:16].replace("T", " "), row["note"])
            color = GREY if row["name"] in self.marks else BLUE
            cells = [*(html.escape(t) for t in texts), _bar(row, low, high, color), *(html.escape(t) for t in after)]
            body += "<tr>" + "".join(f"<td {cell}>{text}</td>" for text in cells) + "</tr>"
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.problems)
        title = f"<p><b>{html.escape(self._headline())}</b></p>"
        return f'<div class="dcai-leaderboard">{title}<table><tr>{head}</tr>{body}</table>{notes}</div>'


def _bar(row: Row, low: float, high: float, color: str) -> str:
    """The score as a dot and its interval as a line, between ``low`` and ``high``."""
    left, dot, right = (4 + 192 * (row[name] - low) / (high - low) for name in ("low", "score", "high"))
    return (
        f'<svg width="200" height="14" role="img" aria-label="{row["score"]:.3f}"><line x1="4" x2="196" y1="7" y2="7" stroke="#E4E7EB"/>'
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="7" y2="7" stroke="{color}" stroke-width="3"/>'
        f'<circle cx="{dot:.1f}" cy="7" r="4" fill="{color}"/></svg>'
    )
