"""The learner's progress: which exercise was tried how often and how far it got; survives restarts.

It is one small JSON file in the workbook, ``.dcai/progress.json``, written whole and at once. A file that cannot be read
is set aside, never deleted, and a new one is begun. Outside a workbook nothing is stored.
"""

from __future__ import annotations

import html
import json
import os
import time
from pathlib import Path
from typing import Any

from datacentric_helpers import workbook
from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.judge_client import judged
from datacentric_helpers.outcome import Report

__all__ = ["Progress", "load", "record", "show_progress"]

Progress = dict[str, dict[str, Any]]

_session: Progress = {}  # what was done where there is no workbook to keep it


def _file() -> Path | None:
    top = workbook.root()
    return top / ".dcai" / "progress.json" if top else None


def load() -> tuple[Progress, str]:
    """Progress by exercise id, and a note for the learner: "" or what became of a damaged file."""
    path = _file()
    if path is None:
        return dict(_session), ""
    if not path.exists():
        return {}, ""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and all(isinstance(v, dict) and "best" in v and "tries" in v for v in content.values()):
            return content, ""
    except (OSError, ValueError):
        content = None
    aside = path.with_name(f"progress.damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
    os.replace(path, aside)
    return {}, _("The progress file could not be read. It was set aside as {name}, and a new one was begun.").format(name=aside.name)


def record(assignment: str, report: Report) -> str:
    """Keep ``report`` in the progress; returns a note for the learner, mostly "".

    A disk that cannot be written costs the progress, never the check.
    """
    done, note = load()
    entry = done.get(report.exercise, {"best": 0.0, "tries": 0})
    entry = {
        "assignment": assignment,
        "best": max(float(entry["best"]), report.share),
        "tries": int(entry["tries"]) + int(report.written),
        "passed": bool(entry.get("passed") or report.passed),
    }
    if not report.written and report.exercise not in done:
        return note
    done[report.exercise] = entry
    path = _file()
    if path is None:
        _session.update(done)
        return note
    try:
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(json.dumps(done, indent=1, ensure_ascii=False), encoding="utf-8")
        os.replace(fresh, path)
    except OSError as error:
        return _("Your progress could not be stored ({reason}); the check itself is complete.").format(reason=error)
    return note


def _rows(assignment: str) -> list[tuple[str, str, int, int, dict[str, Any] | None]]:
    from datacentric_helpers.checking import exercises

    done, _note = load()
    known = exercises(assignment)
    if not known:
        raise ValueError(_("there is no assignment {name!r} in this workbook").format(name=assignment))
    return [(i, _(e["title"]), e["points"], e["minutes"], done.get(i)) for i, e in known.items()]


class _Table:
    """The progress of one assignment, as HTML in a notebook and as text in a terminal."""

    def __init__(self, assignment: str) -> None:
        self.rows = _rows(assignment)
        self.passed = sum(bool(entry and entry["passed"]) for *_rest, entry in self.rows)

    def _summary(self) -> str:
        left = sum(minutes for *_rest, minutes, entry in self.rows if not (entry and entry["passed"]))
        return _("{done} of {all} exercises pass their public cases; about {minutes} minutes of work are left.").format(
            done=self.passed, all=len(self.rows), minutes=left
        )

    @staticmethod
    def _state(entry: dict[str, Any] | None) -> str:
        if entry is None:
            return _("○ not yet tried")
        state = _("● passed") if entry["passed"] else _("◐ {share:.0%} so far").format(share=entry["best"])
        return state + _(" · tries: {n}").format(n=entry["tries"])

    def __repr__(self) -> str:
        lines = [f"  {self._state(entry):<28} {title} ({name})" for name, title, _points, _minutes, entry in self.rows]
        return "\n".join([self._summary(), *lines])

    def _repr_html_(self) -> str:
        width = 100 * self.passed / len(self.rows)
        bar = (
            f'<div style="background:#E4E7EB;border-radius:4px;height:8px;max-width:640px">'
            f'<div style="background:#009E73;border-radius:4px;height:8px;width:{width:.0f}%"></div></div>'
        )
        cell = 'style="text-align:left;padding:2px 10px"'
        body = "".join(
            f"<tr><td {cell}>{html.escape(self._state(entry))}</td><td {cell}>{html.escape(title)}</td>"
            f"<td {cell}><code>{name}</code></td><td {cell}>{html.escape(_('{n} min').format(n=minutes))}</td></tr>"
            for name, title, _points, minutes, entry in self.rows
        )
        return f'<div class="dcai-progress"><p>{html.escape(self._summary())}</p>{bar}<table>{body}</table></div>'


def show_progress(assignment: str) -> _Table | None:
    """The exercises of ``assignment`` and how far the learner is with each; None while a grader runs the notebook.

    Raises ValueError for an assignment that the workbook does not have.
    """
    return None if judged() else _Table(assignment)
