"""Pack the hand-in of one assignment: a zip whose name says assignment, learner and time, as ``nbgrader zip_collect`` takes it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.workbook import root

__all__ = ["ANSWER_STUBS", "CODE_STUB", "pack", "remarks"]

CODE_STUB = 'raise NotImplementedError("write your answer here, then run the check below")'
ANSWER_STUBS = {"en": "YOUR ANSWER HERE", "ko": "여기에 답을 쓰세요."}
STUDENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]|_(?!_))*(?<!_)")
MAX_STUDENT = 64


def pack(assignment: str, student: str, folder: Path | None = None, out: Path | None = None) -> Path:
    """Write ``<assignment>__<student>__<UTC time>.zip`` with the learner's notebook and return its path.

    ``folder`` is the workbook (default: the one around the working folder), ``out`` the folder for the zip (default: the
    workbook). What is there is packed, even where it is unfinished or broken: ``remarks`` says so. A zip that exists
    already stays. Raises ValueError for an unknown assignment or an unfit student id, FileNotFoundError for no workbook.
    """
    top = _workbook(folder)
    data = _notebook(top, assignment).read_bytes()
    check_student(student)
    target = top if out is None else out
    target.mkdir(parents=True, exist_ok=True)
    content, moment = io.BytesIO(), datetime.now(UTC)
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo(f"{assignment}.ipynb", date_time=moment.timetuple()[:6])
        entry.external_attr = 0o100644 << 16
        archive.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED)
    while (path := target / f"{assignment}__{student}__{moment:%Y-%m-%d-%H-%M-%S}.zip").exists():
        moment += timedelta(seconds=1)
    _write_new(path, content.getvalue())
    return path


def remarks(assignment: str, folder: Path | None = None) -> list[str]:
    """What a learner should know before handing in: a notebook that cannot be read, blank exercises, a newer version beside it.

    Raises like ``pack``.
    """
    path = _notebook(_workbook(folder), assignment)
    try:
        cells = json.loads(path.read_bytes())["cells"]
        blank = [name for cell in cells if (name := _blank(cell))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [_("{path} is damaged: it cannot be read as a notebook. It is packed as it is; tell your instructor").format(path=path)]
    found = [_("still blank: {names}").format(names=", ".join(blank))] if blank else []
    newer = sorted(p.name for p in path.parent.glob(f"{path.stem}.new*.ipynb"))
    if newer:
        found.append(_("{name} is packed; a newer version of the exercises lies beside it: {newer}").format(
            name=path.name, newer=", ".join(newer)))
    return found


def check_student(student: str) -> None:
    """Raise ValueError where ``student`` cannot be a part of file names everywhere."""
    if not STUDENT.fullmatch(student) or len(student) > MAX_STUDENT:
        raise ValueError(_(
            "a student id has English letters, digits, '.', '-' and single '_', and begins with a letter or digit; got {student!r}"
        ).format(student=student))


def _workbook(folder: Path | None) -> Path:
    top = folder if folder is not None else root()
    if top is None or not (top / "labs").is_dir():
        raise FileNotFoundError(_("there is no workbook here; go to the folder that holds workbook.json and labs/"))
    return top


def _notebook(top: Path, assignment: str) -> Path:
    known = sorted(p.parent.name for p in (top / "labs").glob("*/*.ipynb") if p.stem == p.parent.name)
    if assignment not in known:
        raise ValueError(_("there is no assignment {assignment!r}; there are: {known}").format(
            assignment=assignment, known=", ".join(known) or _("none")))
    return top / "labs" / assignment / f"{assignment}.ipynb"


def _blank(cell: dict[str, Any]) -> str | None:
    """The name of the exercise whose answer ``cell`` should hold, where it is still as it was handed out."""
    about = cell.get("metadata", {}).get("nbgrader", {})
    text = "".join(cell["source"])
    stubs = (CODE_STUB,) if cell["cell_type"] == "code" else tuple(ANSWER_STUBS.values())
    if not about.get("solution") or not any(stub in text for stub in stubs):
        return None
    return str(about.get("grade_id") or cell.get("id")).removesuffix("-solution")


def _write_new(path: Path, data: bytes) -> None:
    """Write ``data`` to a file that must not exist yet; nothing is left of it where that fails."""
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
