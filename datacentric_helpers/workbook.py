"""Where the learner's workbook is, and what it says about itself.

A workbook is a folder with a ``workbook.json`` at its top: its language, its version and the fingerprints of the files
that ``dcai build`` wrote. Outside a workbook (the course's own repository, a test) there is none, and nothing is stored.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["MARKER", "root", "settings"]

MARKER = "workbook.json"


def root(start: Path | None = None) -> Path | None:
    """The workbook's top folder: the nearest one at or above ``start`` (default: the working folder), or None."""
    folder = (start or Path.cwd()).resolve()
    return next((p for p in (folder, *folder.parents) if (p / MARKER).is_file()), None)


def settings(start: Path | None = None) -> dict[str, Any]:
    """What ``workbook.json`` says; an empty dict outside a workbook or where the file cannot be read."""
    top = root(start)
    if top is None:
        return {}
    try:
        return _read(top / MARKER, (top / MARKER).stat().st_mtime_ns)
    except (OSError, ValueError):
        return {}


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
