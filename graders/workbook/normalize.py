"""One stored form for every notebook: readable cell ids, no volatile metadata, the same bytes whoever saved it.

Chapters keep their outputs, with counts 1 to n and without what changes from run to run; labs keep none.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from datacentric_helpers.i18n import gettext as _
from graders.workbook.files import write_atomic
from graders.workbook.notebooks import dumps, node, read_notebook

__all__ = ["id_problem", "normalize_file", "normalize_notebook", "problems"]

SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
RANDOM = re.compile(r"(?=[0-9a-f-]*\d)(?:[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
KEPT_IN_NOTEBOOK = ("dcai",)
KEPT_IN_CELL = ("dcai", "deletable", "editable", "nbgrader", "slideshow", "tags")
WIDGET = "application/vnd.jupyter.widget-view+json"
VOLATILE = (
    (re.compile(r"\bat 0x[0-9a-fA-F]+"), "at 0x0"),
    (re.compile(r"[^\s'\"]*[/\\]ipykernel_\d+[/\\]\d+\.py"), "<cell>"),
    (re.compile(r" ?\[\d+:\d\d(?::\d\d)?<[^\]\n]*\]"), ""),  # a progress bar's clock
)
MAX_PNG = 60_000  # bytes


def normalize_file(path: Path, check: bool = False) -> bool:
    """Bring the notebook at ``path`` into its stored form; True where it was not. With ``check`` the file stays as it is.

    Raises ValueError where the file is no notebook.
    """
    stored = path.read_bytes()
    due = dumps(normalize_notebook(read_notebook(path), keep_outputs=not _is_lab(path))).encode()
    if due != stored and not check:
        write_atomic(path, due)
    return due != stored


def normalize_notebook(nb: NotebookNode, keep_outputs: bool | None = None) -> NotebookNode:
    """A copy of ``nb`` in its stored form. Outputs are kept unless the notebook is an nbgrader assignment, or as told.

    Normalising twice changes nothing more. Raises ValueError where the result is no valid notebook.
    """
    nb = copy.deepcopy(nb)
    if keep_outputs is None:
        keep_outputs = not any("nbgrader" in cell.get("metadata", {}) for cell in nb.cells)
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = _notebook_metadata(nb.metadata)
    _readable_ids(nb.cells)
    count = 0
    for cell in nb.cells:
        cell.metadata = _cell_metadata(cell.get("metadata", {}))
        if cell.cell_type == "code":
            ran = keep_outputs and cell.get("execution_count") is not None
            count += ran
            _code_cell(cell, count if ran else None)
    _validate(nb)
    return nb


def problems(path: Path) -> list[str]:
    """What normalising cannot mend in the notebook at ``path``: each with the cell and what to do."""
    nb = read_notebook(path)
    found = [
        _("{path}, cell {cell}: {problem}").format(path=path, cell=cell.get("id", n), problem=problem)
        for n, cell in enumerate(nb.cells, 1)
        if (problem := id_problem(cell.get("id", "")))
    ]
    if _is_lab(path):
        return found
    for cell in nb.cells:
        if cell.cell_type == "code" and cell.source.strip():
            found += [_("{path}, cell {cell}: {problem}").format(path=path, cell=cell.get("id"), problem=p) for p in _unfit(cell)]
    return found


def id_problem(cell_id: str) -> str | None:
    """Why ``cell_id`` is no readable id; None where it is one.

    >>> id_problem("cohen-kappa-check")
    >>> id_problem("3f2a91bc")
    "'3f2a91bc' is a random id; give the cell a readable one"
    """
    if RANDOM.fullmatch(cell_id):
        return _("{id!r} is a random id; give the cell a readable one").format(id=cell_id)
    if not SLUG.fullmatch(cell_id) or len(cell_id) > 64 or not re.search("[a-z]", cell_id):
        return _("{id!r} is no readable id: small letters, digits and dashes, 64 at most").format(id=cell_id)
    return None


def _is_lab(path: Path) -> bool:
    return "labs" in path.resolve().parts[-5:-1] or any("nbgrader" in c.get("metadata", {}) for c in read_notebook(path).cells)


def _unfit(cell: NotebookNode) -> list[str]:
    found = []
    if cell.get("execution_count") is None:
        found.append(_("it was never run; run the notebook from top to bottom and save it"))
    for output in cell.get("outputs", []):
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
            found.append(_("it ends in {error}; mend it, or tag it raises-exception").format(error=output.ename))
        size = len(output.get("data", {}).get("image/png", "")) * 3 // 4
        if size > MAX_PNG:
            found.append(_("its picture has {size} bytes, {limit} at most; draw it smaller").format(size=size, limit=MAX_PNG))
    return found


def _notebook_metadata(metadata: NotebookNode) -> NotebookNode:
    kept = {key: metadata[key] for key in KEPT_IN_NOTEBOOK if key in metadata}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return node({**kept, "kernelspec": kernel, "language_info": {"name": "python"}})


def _cell_metadata(metadata: NotebookNode) -> NotebookNode:
    kept = {key: metadata[key] for key in KEPT_IN_CELL if key in metadata and metadata[key] not in ([], {})}
    if metadata.get("jupyter", {}).get("source_hidden"):
        kept["jupyter"] = {"source_hidden": True}
    return node(kept)


def _readable_ids(cells: list[NotebookNode]) -> None:
    """Readable ids stay with the first cell that has them; every other cell gets one from its own words."""
    taken: set[str] = set()
    unnamed = []
    for cell in cells:
        if id_problem(cell.get("id", "")) is None and cell["id"] not in taken:
            taken.add(cell["id"])
        else:
            unnamed.append(cell)
    for cell in unnamed:
        slug = _slug(cell)
        names = (slug if n == 1 else f"{slug}-{n}" for n in range(1, len(cells) + 2))
        cell["id"] = next(name for name in names if name not in taken)
        taken.add(cell["id"])


def _slug(cell: NotebookNode) -> str:
    """An id from the cell's heading, function or first words: `## Cohen's κ by hand` gives `cohens-by-hand`."""
    named = re.search(r"^\s*(?:def|class) (\w+)", cell.source, re.M) if cell.cell_type == "code" else None
    line = named.group(1) if named else next((text for text in cell.source.splitlines() if re.search("[A-Za-z]", text)), "")
    plain = unicodedata.normalize("NFKD", line.replace("'", "").replace("’", "")).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain)[:5])[:48].strip("-")
    return slug if id_problem(slug) is None else f"{cell.cell_type}-cell"


def _code_cell(cell: NotebookNode, count: int | None) -> None:
    cell.execution_count = count
    outputs = [] if count is None else _merge_streams(cell.get("outputs", []))
    cell.outputs = [kept for output in outputs if (kept := _output(output, count)) is not None]


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if output.output_type == "stream" and last and last.output_type == "stream" and last.name == output.name:
            last["text"] += output.text
        else:
            merged.append(copy.deepcopy(output))
    return merged


def _output(output: NotebookNode, count: int | None) -> NotebookNode | None:
    """The output as stored; None where nothing is left of it. Widgets leave their text, not the model's number."""
    if output.output_type == "stream":
        output["text"] = _steady("\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in output.text.split("\n")))
        return output if output.text else None
    if output.output_type == "error":
        output["traceback"] = [_steady(line) for line in output.traceback]
        return output
    data = {mime: _content(mime, value) for mime, value in output.data.items() if mime != WIDGET}
    if not data:
        return None
    output["data"] = node(data)
    output["metadata"] = node({k: v for k, v in output.get("metadata", {}).items() if k in data})
    if output.output_type == "execute_result":
        output["execution_count"] = count
    output.pop("transient", None)
    return output


def _content(mime: str, value: Any) -> Any:
    if mime.startswith("image/") and mime != "image/svg+xml" and isinstance(value, str):
        return value.strip()
    return _steady(value) if isinstance(value, str) else value


def _steady(text: str) -> str:
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text


def _validate(nb: NotebookNode) -> None:
    try:
        nbformat.validate(nb)
    except nbformat.ValidationError as error:
        raise ValueError(_("this is no valid notebook: {error}").format(error=str(error).splitlines()[0])) from error
