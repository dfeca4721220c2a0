"""Korean beside English: ``NAME.ko.md`` holds one block per Markdown cell, in order, each with the hash of its English.

    <!-- cell: intro en: 1a2b3c4d5e6f -->
    한국어 본문

``sync`` writes a skeleton for a cell that has no block, with the English to translate from in a comment; the comment goes
when the Korean stands. Cells that a learner writes (the source holds the instructor's rubric there) have no block.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from datacentric_helpers.i18n import gettext as _
from graders.workbook.files import sha256, write_atomic
from graders.workbook.notebooks import is_solution, read_notebook

__all__ = ["Block", "accept", "beside", "english_hash", "parse", "problems", "sync", "translated"]

HEADER = re.compile(r"<!-- cell: (?P<cell>[\w-]+) en: (?P<en>[0-9a-f]{12}) -->")
SKELETON = "<!-- translate:"


@dataclass(frozen=True)
class Block:
    """The Korean text of one cell, the hash of the English that it translates, and where it stands."""

    cell: str
    en: str
    text: str
    line: int = 0

    @property
    def written(self) -> bool:
        """False for a skeleton, or nothing at all."""
        return bool(self.text.strip()) and SKELETON not in self.text


def english_hash(source: str) -> str:
    """The first 12 hex digits of the SHA-256 of a cell's English source.

    >>> english_hash("Hello")
    '185f8db32271'
    """
    return sha256(source.encode())[:12]


def beside(notebook: Path) -> Path:
    """Where the Korean of ``notebook`` is."""
    return notebook.with_suffix(".ko.md")


def parse(path: Path) -> list[Block]:
    """The blocks in the file at ``path``, in its order.

    Raises ValueError for a header that cannot be read and for text above the first one, FileNotFoundError for no file.
    """
    found: list[tuple[str, str, int, list[str]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        header = HEADER.fullmatch(line.strip())
        if header:
            found.append((header["cell"], header["en"], number, []))
        elif line.lstrip().startswith("<!-- cell"):
            raise ValueError(_("{path}, line {line}: a block begins with <!-- cell: ID en: 12 hex digits -->; this came: {text}").format(
                path=path, line=number, text=line.strip()[:80]))
        elif found:
            found[-1][3].append(line)
        elif line.strip():
            raise ValueError(_("{path}, line {line}: this text stands above the first block and belongs to no cell").format(
                path=path, line=number))
    return [Block(cell, en, "\n".join(lines).strip("\n"), number) for cell, en, number, lines in found]


def problems(notebook: Path, ko_path: Path | None = None) -> list[str]:
    """What is missing, not translated, stale, extra, double or out of order; each with file, cell id and what to do."""
    path = ko_path or beside(notebook)
    cells = _english(read_notebook(notebook))
    if not path.is_file():
        missing = _("{path} is missing; write it with: dcai translate --sync {notebook}").format(path=path, notebook=notebook)
        return [missing] if cells else []
    try:
        blocks = parse(path)
    except ValueError as error:
        return [str(error)]
    ids = {block.cell for block in blocks}
    advice = _("no block; add it with: dcai translate --sync {notebook}").format(notebook=notebook)
    found = [(cell, advice) for cell in cells if cell not in ids]
    for n, block in enumerate(blocks):
        problem = _block_problem(block, cells, {b.cell for b in blocks[:n]}, notebook)
        found += [(block.cell, problem)] if problem else []
    found += _disorder(blocks, list(cells))
    return [_("{path}, cell {cell}: {problem}").format(path=path, cell=cell, problem=problem) for cell, problem in found]


def translated(nb: NotebookNode, blocks: Iterable[Block]) -> NotebookNode:
    """A copy of ``nb`` whose Markdown cells carry the written ``blocks``; cells without one stay English."""
    korean = {block.cell: block.text for block in blocks if block.written}
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "markdown" and not is_solution(cell):
            cell.source = korean.get(cell.get("id", ""), cell.source)
    return nb


def sync(notebook: Path, ko_path: Path | None = None) -> list[str]:
    """Bring the blocks into the notebook's order, with a skeleton for each cell that has none; the ids of those.

    Texts already there stay as they are. Blocks of cells that are gone stay too, at the end, until somebody removes them.
    """
    path = ko_path or beside(notebook)
    cells = _english(read_notebook(notebook))
    blocks = parse(path) if path.is_file() else []
    have = {block.cell for block in blocks}
    missing = [cell for cell in cells if cell not in have]
    ordered = [
        block for cell, source in cells.items()
        for block in ([b for b in blocks if b.cell == cell] or [_skeleton(cell, source)])
    ]
    _write(path, ordered + [block for block in blocks if block.cell not in cells])
    return missing


def accept(notebook: Path, cell_ids: Sequence[str], ko_path: Path | None = None) -> None:
    """Record that the Korean of ``cell_ids`` fits their present English: call it after reading both.

    Raises ValueError for a cell that the notebook or the Korean file does not have, or that is not translated yet.
    """
    path = ko_path or beside(notebook)
    cells, blocks = _english(read_notebook(notebook)), parse(path) if path.is_file() else []
    written = {block.cell for block in blocks if block.written}
    for cell in cell_ids:
        if cell not in cells:
            raise ValueError(_("{notebook} has no Markdown cell {cell!r} to translate").format(notebook=notebook, cell=cell))
        if cell not in written:
            raise ValueError(_("{path}, cell {cell}: there is no Korean text to accept yet").format(path=path, cell=cell))
    accepted = set(cell_ids)
    _write(path, [
        Block(b.cell, english_hash(cells[b.cell]), b.text) if b.cell in accepted else b for b in blocks
    ])


def _english(nb: NotebookNode) -> dict[str, str]:
    """The English of every cell that is translated, by id."""
    return {c.get("id", ""): c.source for c in nb.cells if c.cell_type == "markdown" and not is_solution(c)}


def _block_problem(block: Block, cells: dict[str, str], earlier: set[str], notebook: Path) -> str | None:
    if block.cell in earlier:
        return _("line {line}: a second block for this cell; remove one").format(line=block.line)
    if block.cell not in cells:
        return _("line {line}: the notebook has no such Markdown cell; remove the block, or correct its id").format(line=block.line)
    if not block.written:
        return _("line {line}: not translated yet; write the Korean and remove the comment").format(line=block.line)
    if block.text == cells[block.cell].strip("\n") and len(re.findall(r"[A-Za-z]{2,}", block.text)) > 5:
        return _("line {line}: the text is still English").format(line=block.line)
    if block.en != english_hash(cells[block.cell]):
        return _("line {line}: the English has changed; read both, then: dcai translate {notebook} --accept {cell}").format(
            line=block.line, notebook=notebook, cell=block.cell)
    return None


def _disorder(blocks: list[Block], order: list[str]) -> list[tuple[str, str]]:
    """The first block that does not follow the notebook's order, if any."""
    have = list(dict.fromkeys(b.cell for b in blocks if b.cell in order))
    due = [cell for cell in order if cell in have]
    return [
        (came, _("out of order: {due} is due here; sort the blocks with: dcai translate --sync").format(due=expected))
        for came, expected in zip(have, due, strict=True) if came != expected
    ][:1]


def _skeleton(cell: str, source: str) -> Block:
    english = source.replace("-->", "-- >")
    return Block(cell, english_hash(source), f"{SKELETON}\n{english}\n-->")


def _write(path: Path, blocks: list[Block]) -> None:
    text = "\n\n".join(f"<!-- cell: {b.cell} en: {b.en} -->\n{b.text}".rstrip("\n") for b in blocks)
    write_atomic(path, (text + "\n").encode() if text else b"")
