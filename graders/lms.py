"""Grades as CSV in the shapes that Canvas and Moodle import.

The grade is nbgrader's final one: manual points counted, late penalty taken off. Who handed in nothing is left out, so that the
learning platform treats them by its own rules. Both platforms, and Excel, take UTF-8 with a byte order mark.

- **Canvas** (Grades › Import): five columns about the learner, in this order, then the assignment; a row ``Points Possible``. Canvas finds
  a learner by ``ID`` (its own number), then ``SIS User ID``, then ``SIS Login ID``, then the name. nbgrader's ``lms_user_id`` goes
  into ``ID`` where it is a number, otherwise into ``SIS User ID``; nbgrader's student id is the login.
- **Moodle** (Grades › Import › CSV file): map from ``Email address`` (or ``ID number`` = ``lms_user_id``, ``Username``), the assignment's
  column to its grade item and ``… (Feedback)`` to its feedback. Moodle refuses the whole file where one learner is not found: ``gaps``
  names those whom it cannot find.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from datacentric_helpers.i18n import gettext as _
from graders.cohort import Cohort

__all__ = ["canvas", "feedback", "gaps", "harmless", "moodle", "write_csv"]

FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def harmless(text: str) -> str:
    """``text`` as a cell that no spreadsheet takes for a formula, on one line, without control characters.

    >>> harmless("=HYPERLINK(1)"), harmless("a=b"), harmless("\\x1b[2Jann")
    ("'=HYPERLINK(1)", 'a=b', '[2Jann')
    """
    plain = CONTROL.sub(" ", text).strip()
    return f"'{plain}" if FORMULA.match(plain) else plain


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write ``table``: text harmless, UTF-8 with byte order mark, lines as RFC 4180 has them."""
    safe = table.map(lambda value: harmless(value) if isinstance(value, str) else value)
    path.parent.mkdir(parents=True, exist_ok=True)
    safe.rename(columns=harmless).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n", float_format="%.10g")
    return path


def canvas(cohort: Cohort) -> pd.DataFrame:
    """The table that Canvas imports."""
    known = _handed_in(cohort)
    lms = known["lms_user_id"].astype(str).str.strip()
    number = lms.str.fullmatch(r"\d+")
    table = pd.DataFrame({
        "Student": _names(known), "ID": lms.where(number, ""), "SIS User ID": lms.where(~number, ""), "SIS Login ID": known["student"],
        "Section": "", cohort.assignment: known["final"],
    })
    possible = pd.DataFrame([{**dict.fromkeys(table.columns, ""), "Student": "Points Possible", cohort.assignment: _points(known)}])
    return pd.concat([possible, table.astype({cohort.assignment: object})], ignore_index=True)


def moodle(cohort: Cohort, words: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The table that Moodle imports. ``words``: feedback by student id (default: ``feedback(cohort)``)."""
    known, said = _handed_in(cohort), feedback(cohort) if words is None else words
    return pd.DataFrame({
        "First name": known["first_name"], "Last name": known["last_name"], "Username": known["student"],
        "ID number": known["lms_user_id"], "Email address": known["email"], cohort.assignment: known["final"],
        f"{cohort.assignment} (Feedback)": known["student"].map(said).fillna(""),
    })


def feedback(cohort: Cohort) -> dict[str, str]:
    """For each learner, in the learner's language, the points of each check and the known mistake: nothing hidden, nothing that a
    learner wrote."""
    language = dict(zip(cohort.learners["student"], cohort.learners["language"], strict=True))
    said: dict[str, list[str]] = {}
    for row in cohort.checks.to_dict("records"):
        lang = language.get(row["student"]) or "en"
        title = _(cohort.titles.get(row["exercise"], row["exercise"]), lang)
        text = f"{title}: {row['points']:g}/{row['max_points']:g}."
        said.setdefault(row["student"], []).append(f"{text} {_(row['mistake'], lang)}".strip())
    return {student: " ".join(parts) for student, parts in said.items()}


def gaps(cohort: Cohort) -> list[str]:
    """What the instructor should know before the import: grades that may still change, learners whom the platform may not find."""
    known, found = _handed_in(cohort), []
    if not len(known):
        found.append(_("the gradebook holds no submission of {assignment}: nothing was exported").format(assignment=cohort.assignment))
    open_by_hand = known.loc[known["needs_manual"].astype(bool), "student"].tolist()
    if open_by_hand:
        found.append(_("still to be graded by hand, the grade may change: {names}").format(names=_named(open_by_hand)))
    nameless = known.loc[known["email"].eq("") & known["lms_user_id"].eq(""), "student"].tolist()
    if nameless:
        found.append(_("neither e-mail nor lms_user_id in the gradebook: {names}").format(names=_named(nameless)))
    pairs = zip(known["student"], known["email"], strict=True)
    changed = [student for student, email in pairs if (student, email) != (harmless(student), harmless(email))]
    if changed:
        found.append(_("written differently, since a spreadsheet would run it as a formula: {names}").format(names=_named(changed)))
    return found


def _named(students: list[str], most: int = 5) -> str:
    more = _(" and {n} more").format(n=len(students) - most) if len(students) > most else ""
    return ", ".join(harmless(student) for student in students[:most]) + more


def _handed_in(cohort: Cohort) -> pd.DataFrame:
    return cohort.roster[cohort.roster["submitted"].astype(bool)].reset_index(drop=True)


def _names(known: pd.DataFrame) -> pd.Series[str]:
    """"Last, First" as Canvas writes it; the student id where there is no name."""
    first, last = known["first_name"], known["last_name"]
    names = (last + ", " + first).str.strip(", ")
    return names.where(names != "", known["student"])


def _points(known: pd.DataFrame) -> object:
    return float(known["points"].iloc[0]) if len(known) else ""
