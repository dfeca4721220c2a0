"""What a learner handed in, put into the instructor's frame.

``assemble`` is pure: bytes in, a notebook that is safe to run out, and what was wrong in words. The instructor's notebook
gives the frame: order, check cells, points. The submission gives the solution cells' content, its prose and the
learner's own cells. The instructor's solutions never go in: a solution cell that is missing becomes a blank one.
"""

from __future__ import annotations

import copy
import json
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from datacentric_helpers.i18n import LANGUAGES
from datacentric_helpers.i18n import gettext as _

__all__ = ["BLANK", "MAX_BYTES", "Assembled", "assemble", "read_submission"]

MAX_BYTES = 32 << 20
MAX_BRACKETS = 1_000_000  # "{}" takes two bytes in the file, and seventy in memory
MAX_CELLS = 2000
MAX_SOURCE = 500_000
BLANK = "raise NotImplementedError"


@dataclass(frozen=True)
class Assembled:
    """The notebook to judge, the learner's language, and what is wrong with the submission, in words."""

    nb: NotebookNode
    language: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A cell as submitted: nothing but its kind, its text and the names by which it may be recognised."""

    kind: str
    source: str
    id: str
    grade_id: str


def read_submission(path: Path) -> bytes:
    """The bytes of a submitted file, at most ``MAX_BYTES`` + 1. Raises OSError for a link, a pipe or anything but a file.

    A link is also a second name of another file, and a learner's or an assignment's folder that lies elsewhere.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        linked = found.st_nlink > 1 or any(folder.is_symlink() for folder in list(path.parents)[:2])
        if linked or not stat.S_ISREG(found.st_mode):
            text = _("{path} is no ordinary file, or one with a second name (a hard link): put a copy in its place")
            raise OSError(text.format(path=path))
        return file.read(MAX_BYTES + 1)


def assemble(source_nb: NotebookNode, submitted: bytes) -> Assembled:
    """Put ``submitted`` into the frame of ``source_nb``, the instructor's notebook.

    Never raises for what a learner may hand in; without anything usable, all solution cells are blank.
    """
    content, problems = _parse(submitted)
    cells, more = _cells(content)
    frame = _Frame(source_nb)
    keys = [frame.key(cell) for cell in cells]
    problems += more
    if content and not any(key in frame.graded for key in keys):
        problems.append(_("no cell of this assignment was found: is it another assignment's notebook?"))
        cells, keys = [], []
    elif content:
        problems += frame.deviations(cells, keys)
    language = _language(content)
    return Assembled(_build(source_nb, frame, cells, keys, language), language, tuple(problems))


def _parse(submitted: bytes) -> tuple[dict[str, Any], list[str]]:
    """The notebook as a dict, {} where it is none."""
    if len(submitted) > MAX_BYTES:
        return {}, [_("the file is larger than {limit} MB: clear the outputs, save, and hand in again").format(limit=MAX_BYTES >> 20)]
    if submitted.count(b"{") + submitted.count(b"[") > MAX_BRACKETS:
        return {}, [_("the file holds too many lists: clear the outputs, save, and hand in again")]
    try:
        content = json.loads(submitted.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return {}, [_("the file is not a notebook: it is not UTF-8 text")]
    except RecursionError:
        return {}, [_("the file is not a notebook: it is nested too deeply")]
    except ValueError as error:
        return {}, [_("the file is not a notebook, or is cut off: it is not JSON ({error})").format(error=str(error)[:120])]
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        return {}, [_("the file is not a notebook of format 4 (it has no cells): open it in JupyterLab and save it")]
    if content.get("nbformat") != 4:
        found = repr(content.get("nbformat"))[:20]
        return content, [_("the file says notebook format {found}, 4 was due; it is read as 4").format(found=found)]
    return content, []


def _cells(content: dict[str, Any]) -> tuple[list[Cell], list[str]]:
    """The cells that can be used; the rest is counted."""
    raw = content.get("cells", [])
    problems = []
    if len(raw) > MAX_CELLS:
        problems.append(_("the notebook has {found} cells; only the first {limit} are read").format(found=len(raw), limit=MAX_CELLS))
    cells = [cell for entry in raw[:MAX_CELLS] if (cell := _cell(entry)) is not None]
    if unreadable := len(raw[:MAX_CELLS]) - len(cells):
        problems.append(_("{n} cells cannot be read and are left out").format(n=unreadable))
    return cells, problems


def _cell(entry: Any) -> Cell | None:
    if not isinstance(entry, dict) or entry.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = entry.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > MAX_SOURCE:
        return None
    metadata = entry.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    names = [name if isinstance(name, str) else "" for name in (entry.get("id"), grade_id)]
    clean = source.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be sent to a kernel
    return Cell(entry["cell_type"], clean, *names)


class _Frame:
    """The instructor's cells by the names under which a submission may bring them back."""

    def __init__(self, source_nb: NotebookNode) -> None:
        self.cells = list(source_nb.cells)
        marks = [cell.metadata.get("nbgrader", {}) for cell in self.cells]
        self.by_grade_id = {mark["grade_id"]: i for i, mark in enumerate(marks) if "grade_id" in mark}
        self.by_id = {cell.id: i for i, cell in enumerate(self.cells)}
        self.graded = {i for i, mark in enumerate(marks) if mark.get("grade") or mark.get("solution")}
        self.solutions = {i for i, mark in enumerate(marks) if mark.get("solution")}
        self.locked = {i for i, mark in enumerate(marks) if (mark.get("grade") or mark.get("locked")) and not mark.get("solution")}

    def key(self, cell: Cell) -> int | None:
        """Which of the instructor's cells ``cell`` is; None for the learner's own."""
        return self.by_grade_id.get(cell.grade_id, self.by_id.get(cell.id))

    def deviations(self, cells: list[Cell], keys: list[int | None]) -> list[str]:
        """What the learner did to cells that count, in words."""
        copies = Counter(key for key in keys if key is not None)
        last = {key: cell for cell, key in zip(cells, keys, strict=True) if key is not None}
        found = []
        for index in sorted(self.solutions | self.locked):
            texts = self._deviations(index, copies[index], last.get(index))
            name = self.cells[index].metadata["nbgrader"]["grade_id"]
            found += [text.format(name=name, n=copies[index], kind=last[index].kind if index in last else "") for text in texts]
        return found

    def _deviations(self, index: int, copies: int, last: Cell | None) -> list[str]:
        solution, frame = index in self.solutions, self.cells[index]
        if last is None:
            missing = _("solution cell {name!r} is missing: it counts as blank")
            return [missing if solution else _("cell {name!r} was deleted: it is put back")]
        found = [_("cell {name!r} is there {n} times: the last one counts")] if copies > 1 else []
        if not solution and last.source.strip() != frame.source.strip():
            found.append(_("cell {name!r} was changed: the original is used"))
        if solution and last.kind != frame.cell_type:
            found.append(_("solution cell {name!r} was turned into a {kind} cell: it is read as it was meant"))
        return found


def _build(source_nb: NotebookNode, frame: _Frame, cells: list[Cell], keys: list[int | None], language: str) -> NotebookNode:
    """The frame's cells in the frame's order; the learner's own after the known cell that they followed."""
    last = {key: position for position, key in enumerate(keys) if key is not None}  # the last copy counts
    own: dict[int, list[Cell]] = {}
    place = -1
    for position, (cell, key) in enumerate(zip(cells, keys, strict=True)):
        if key is None or (last[key] != position and key in frame.solutions):
            own.setdefault(place, []).append(cell)
        else:
            place = max(place, key)
    built, number = [], 0
    for index in range(-1, len(frame.cells)):
        if index >= 0:
            built.append(_framed(frame, index, cells[last[index]] if index in last else None))
        for cell in own.get(index, []):
            number += 1
            name = f"own-cell-{number}"
            built.append(new_code_cell(cell.source, id=name) if cell.kind == "code" else new_markdown_cell(cell.source, id=name))
    nb: NotebookNode = new_notebook(cells=built, metadata=copy.deepcopy(source_nb.metadata))
    nb.metadata["dcai"] = {"language": language}
    return nb


def _framed(frame: _Frame, index: int, cell: Cell | None) -> NotebookNode:
    """One of the instructor's cells, with the learner's text where that is theirs to write."""
    framed: NotebookNode = copy.deepcopy(frame.cells[index])
    if framed.cell_type == "code":
        framed.outputs, framed.execution_count = [], None
    if index in frame.locked:
        return framed
    if cell is not None:
        framed.source = cell.source
    elif index in frame.solutions:
        framed.source = BLANK if framed.cell_type == "code" else ""
    return framed


def _language(content: dict[str, Any]) -> str:
    metadata = content.get("metadata")
    course = metadata.get("dcai") if isinstance(metadata, dict) else None
    language = course.get("language") if isinstance(course, dict) else None
    return language if isinstance(language, str) and language in LANGUAGES else "en"
