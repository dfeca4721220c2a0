"""A cohort's leaderboard: from the files that learners hand over, or from what the judge found.

Scores in learners' files are their own claim, on public rounds. What the judge found is sealed: per task the share of the points, on
rounds that nobody has seen. Names can be replaced by pseudonyms that are the same each time in one course and lead back to nobody.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from datacentric_helpers.dataperf import TASKS
from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.leaderboard import MAX_NAME, Row, best_first, read
from graders.cohort import ReportError
from graders.store import VerdictStore, secret_of
from graders.workbook.files import write_atomic

__all__ = ["judged", "merged", "pseudonym", "write"]


def pseudonym(secret: bytes, name: str) -> str:
    """A name for ``name`` that is the same each time and cannot be traced back without the course's ``secret``."""
    return "learner-" + hmac.new(secret, b"leaderboard\0" + name.encode("utf-8", "replace"), "sha256").hexdigest()[:8]


def merged(files: Iterable[Path], secret: bytes | None = None) -> tuple[list[Row], list[str]]:
    """The best attempt of each learner in each task, best first, from collected ``leaderboard.jsonl`` files; and what was left out.

    A row without a name gets that of its file's folder (``ann/.dcai/leaderboard.jsonl`` is ann's). With ``secret`` names become
    pseudonyms, and notes, which may hold names, go. Raises FileNotFoundError for a file that is not there.
    """
    best: dict[tuple[str, str], Row] = {}
    problems: list[str] = []
    for path in files:
        if not path.is_file():
            raise FileNotFoundError(_("there is no file {path}").format(path=path))
        rows, found = read(path)
        problems += [f"{_owner(path)}: {text}" for text in found]
        for row in rows:
            name = row["name"] or _owner(path)
            row = {**row, "name": pseudonym(secret, name) if secret else name[:MAX_NAME], "note": "" if secret else row["note"]}
            key = (row["name"], row["task"])
            best[key] = best_first(row["task"], [row, *([best[key]] if key in best else [])])[0]
    return [row for task in TASKS for row in best_first(task, best.values())], problems


def write(out: Path, rows: Iterable[Row]) -> None:
    """Put ``rows`` into the file ``out``, in the place of what stands there; it is replaced at once or not at all."""
    write_atomic(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def _owner(path: Path) -> str:
    folder = path.resolve().parent
    return (folder.parent if folder.name == ".dcai" else folder).name


def judged(course: Path, assignment: str = "ch01_dataperf", pseudonyms: bool = False) -> pd.DataFrame:
    """Learners (rows) and the share of each task's points that the judge gave them, the best mean first.

    Raises graders.cohort.ReportError where nothing has been graded.
    """
    from graders.cohort import read_journal

    lines, _unread = read_journal(course / "verdicts" / assignment / "journal.jsonl")
    store, names = VerdictStore(course), {exercise: task for task, exercise in TASKS.items()}
    rows = {}
    for student, line in lines.items():
        verdict = store.load(assignment, line["key"]) if line["key"] else None
        if verdict is not None:
            shown = pseudonym(secret_of(course), student) if pseudonyms else student
            rows[shown] = {names[check.exercise]: check.share for check in verdict.checks if check.exercise in names}
    if not rows:
        raise ReportError(_("no verdict could be read: run `dcai grade` again"))
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(TASKS)).fillna(0.0)
    table.insert(0, "mean", table.mean(axis=1))
    return table.sort_values("mean", ascending=False, kind="stable")
