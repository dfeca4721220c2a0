"""The text that a learner reads under a check cell, in the language in use."""

from __future__ import annotations

import re

from rich.cells import cell_len

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.outcome import Failure, Property, Report

__all__ = ["incident", "reason", "render", "render_unjudged"]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def incident(key: str, limits: dict[str, int]) -> str:
    """What happened to the kernel or the cell, with the limit that was hit."""
    texts = {
        "cell": _("stopped: a cell ran longer than {cell_seconds} seconds"),
        "notebook": _("stopped: the notebook ran longer than {notebook_seconds} seconds"),
        "memory": _("stopped: more than {memory_mb} MB of memory were used"),
        "processes": _("stopped: more than {processes} processes were started"),
        "output": _("stopped: more than {output_kb} KB of output in a cell, or {notebook_output_kb} KB in the notebook"),
        "folder": _("stopped: files were written into the kernel's socket folder"),
        "died": _("the Python process ended before the notebook did"),
        "protocol": _("the Python process sent what no kernel sends, and was ended"),
        "start": _("the kernel did not start"),
        "cancelled": _("grading was interrupted"),
        "out of memory": _("an allocation failed: at most {memory_mb} MB of memory may be used"),
    }
    return texts[key].format(**limits)


def reason(key: str) -> str:
    """Why a case has no answer."""
    return {
        "silent": _("no answer came: the check did not get as far as asking (is the function defined, is `check` still the course's?)"),
        "broken off": _("no answer came: the run was broken off"),
        "late": _("no answer came in time"),
        "malformed": _("the answer was malformed"),
        "number": _("the answer does not belong to the question that was asked"),
        "extra": _("more answers came than questions were asked"),
        "size": _("the answers are larger than allowed"),
        "exercise": _("the check asked for another exercise than this cell's"),
        "incomparable": _("the answer could not be compared"),
    }[key]


def render(report: Report, points: float, max_points: float, notes: list[str]) -> str:
    """The report of a judged check: points, each property, the smallest failing call that may be shown, advice, a hint."""
    lines = [_("{title}: {points:g} of {max_points:g} points").format(title=_(report.title), points=points, max_points=max_points)]
    lines += [f"! {note}" for note in notes]
    if not report.written:
        lines.append(_("The solution is still blank."))
    for entry in report.properties:
        lines += _property(entry, report.written)
    if report.advice:
        lines += ["", *_wrapped(_(report.advice))]
    if not report.passed and report.hints:
        lines += ["", *_wrapped(_("Hint: {hint}").format(hint=_(report.hints[0])))]
    return _plain("\n".join(lines)) + "\n"


def render_unjudged(title: str, max_points: float, notes: list[str]) -> str:
    """The report of a check that was not run."""
    head = _("{title}: 0 of {max_points:g} points, not judged").format(title=_(title), max_points=max_points)
    return _plain("\n".join([head, *(f"! {note}" for note in notes)])) + "\n"


def _property(entry: Property, written: bool) -> list[str]:
    mark = _("passed") if entry.passed else _("FAILED")
    lines = [f"  {mark}  {_(entry.name)}"]
    return lines + (_failure(entry.failures[0]) if entry.failures and written else [])


def _failure(failure: Failure) -> list[str]:
    """A public case with its input and what was due; of a case that is not shown only that it failed."""
    if not failure.call:
        return [f"          {failure.reason}"]
    due = [_("due: {expected}").format(expected=failure.expected)] if failure.expected else []
    came = [_("came: {got}").format(got=failure.got)] if failure.got else []
    shown = [failure.call, *due, *came, failure.reason]
    return ["          " + line.replace("\n", "\n          ") for line in shown]


def _wrapped(text: str, columns: int = 100) -> list[str]:
    """``text`` in lines of at most ``columns``, broken at spaces: nbgrader's pages break none. A Korean letter takes two columns."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.append("")
        for word in paragraph.split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if cell_len(longer) <= columns or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(word)
    return lines


def _plain(text: str) -> str:
    return CONTROL.sub("", text)
