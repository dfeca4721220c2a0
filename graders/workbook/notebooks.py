"""Notebooks on disk: read as they are, written in one stored form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from datacentric_helpers.i18n import gettext as _

__all__ = ["dumps", "is_solution", "node", "read_notebook"]


def read_notebook(path: Path) -> NotebookNode:
    """The notebook at ``path``, as stored: nothing added, nothing repaired.

    Raises ValueError where the file is no notebook of format 4.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("nbformat") != 4 or not isinstance(content.get("cells"), list):
            raise ValueError
        reader: Any = nbformat.v4.nbjson.JSONReader()
        return node(reader.to_notebook(content))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(_("{path} is not a notebook of format 4 ({error}); open it in JupyterLab and save it again").format(
            path=path, error=error or "nbformat")) from error


def node(content: Any) -> NotebookNode:
    """``content``, a dict, as nbformat's own kind of dict."""
    convert: Any = nbformat.from_dict  # nbformat does not annotate it
    result: NotebookNode = convert(content)
    return result


def dumps(nb: NotebookNode) -> str:
    """The notebook's one stored form: sorted keys, indented by one, Korean readable, a newline at the end."""
    write: Any = nbformat.v4.writes
    return str(write(nb, indent=1)).rstrip("\n") + "\n"


def is_solution(cell: NotebookNode) -> bool:
    """True where the learner writes the cell; in the source its text is the instructor's solution or rubric."""
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))
