"""A report as a compact card in a notebook, and as text in a terminal."""

from __future__ import annotations

import html
import sys
from typing import Any

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.outcome import Property, Report

__all__ = ["as_html", "as_text", "display"]

GREEN, RED, GREY = "#00785A", "#B4430A", "#52606D"


class _Card:
    """What a notebook displays: HTML in JupyterLab, text elsewhere."""

    def __init__(self, report: Report, note: str) -> None:
        self.html, self.text = as_html(report, note), as_text(report, note)

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def display(report: Report, note: str = "") -> None:
    """Show ``report`` where the code runs: a card in a notebook, text in a terminal."""
    ipython: Any = sys.modules.get("IPython")  # imported already where the code runs in a notebook
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(_Card(report, note))
    else:
        print(as_text(report, note))


def headline(report: Report) -> str:
    """One sentence: how many properties hold."""
    held = sum(p.passed for p in report.properties)
    if not report.written:
        return _("not written yet")
    if report.passed:
        return _("all {n} properties hold").format(n=held)
    return _("{held} of {n} properties hold").format(held=held, n=len(report.properties))


def as_text(report: Report, note: str = "") -> str:
    """``report`` as plain text."""
    lines = [f"{_(report.title)} ({report.exercise}): {headline(report)}"]
    if not report.written:
        lines.append("  " + _("Write your answer in the cell above, run it, then run this check again."))
    for item in report.properties if report.written else ():
        lines.append(f"  {'✓' if item.passed else '✗'} {_(item.name)}")
        lines += [f"      {key}: {value}" for key, value in _details(item)]
    if report.advice:
        lines.append("  → " + _(report.advice))
    if not report.passed and report.hints:
        lines.append("  " + _("hint: ") + _(report.hints[0]))
    return "\n".join(lines + ([note] if note else []))


def _details(item: Property) -> list[tuple[str, str]]:
    """The smallest failing case of a property, as rows of key and value."""
    if item.passed or not item.failures:
        return []
    failure = item.failures[0]
    rows = [(_("call"), failure.call), (_("expected"), failure.expected), (_("got"), failure.got), (_("why"), failure.reason)]
    return [(key, value) for key, value in rows if value]


def as_html(report: Report, note: str = "") -> str:
    """``report`` as a card: headline, properties, the smallest failing case, advice, folded hints."""
    color = GREY if not report.written else GREEN if report.passed else RED
    mark = "○" if not report.written else "✓" if report.passed else "✗"
    state = "blank" if not report.written else "passed" if report.passed else "failed"
    parts = [
        f'<div class="dcai-card dcai-{state}" style="border-left:5px solid {color};padding:6px 12px;margin:4px 0;max-width:860px">',
        f'<div style="font-weight:600;color:{color}">{mark} {html.escape(_(report.title))}: {html.escape(headline(report))}</div>',
    ]
    if report.advice:
        parts.append(f'<div class="dcai-advice" style="margin:2px 0 4px">💡 {_code(_(report.advice))}</div>')
    if report.written:
        first = next((item for item in report.properties if not item.passed), None)
        parts += [_property(item, item is first) for item in report.properties]
    else:
        parts.append(f"<div>{html.escape(_('Write your answer in the cell above, run it, then run this check again.'))}</div>")
    if not report.passed:
        parts += [_hint(number, text) for number, text in enumerate(report.hints, 1)]
    if note:
        parts.append(f'<div style="color:{GREY};margin-top:6px">{html.escape(note)}</div>')
    return "".join([*parts, "</div>"])


def _property(item: Property, unfolded: bool) -> str:
    """One line; the smallest failing case below it, folded for all but the first property that fails."""
    mark, color = ("✓", GREEN) if item.passed else ("✗", RED)
    head = f'<span style="color:{color}">{mark}</span> {_code(_(item.name))}'
    rows = "".join(
        f'<span style="color:{GREY}">{html.escape(key)}</span>'
        f'<code style="white-space:pre-wrap;background:none">{html.escape(value)}</code>'
        for key, value in _details(item)
    )
    if not rows:
        return f"<div>{head}</div>"
    grid = f'<div style="display:grid;grid-template-columns:max-content 1fr;gap:1px 12px;margin:2px 0 4px 18px">{rows}</div>'
    state = " open" if unfolded else ""
    return f'<details{state}><summary style="cursor:pointer">{head}</summary>{grid}</details>'


def _hint(number: int, text: str) -> str:
    title = html.escape(_("hint {n}").format(n=number))
    return f'<details class="dcai-hint" style="margin-top:2px"><summary style="cursor:pointer">{title}</summary>{_code(_(text))}</details>'


def _code(text: str) -> str:
    """Escaped text; what stands between backquotes as code."""
    pieces = html.escape(text).split("`")
    if len(pieces) % 2 == 0:
        return html.escape(text)
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))
