"""``workbook.json``: what an edition says about itself."""

from __future__ import annotations

import json
from pathlib import Path

from datacentric_helpers.workbook import MARKER
from graders.workbook.files import fingerprint, sha256, tree

__all__ = ["intact", "write_marker"]


def write_marker(out: Path, language: str) -> None:
    """``workbook.json``: language, version (a hash of all files) and each file's fingerprint.

    ``content`` has a notebook's bytes, outputs included: where they still stand, nobody has even run it.
    """
    content = _content(out)
    marker = {
        "language": language, "version": _version(content),
        "files": {name: fingerprint(name, (out / name).read_bytes()) for name in content},
        "content": {name: digest for name, digest in content.items() if name.endswith(".ipynb")},
    }
    (out / MARKER).write_text(json.dumps(marker, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def intact(edition: Path) -> bool:
    """True where every file of the edition is as it was written."""
    try:
        return bool(json.loads((edition / MARKER).read_bytes())["version"] == _version(_content(edition)))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _content(out: Path) -> dict[str, str]:
    return {p.relative_to(out).as_posix(): sha256(p.read_bytes()) for p in tree(out) if p != out / MARKER}


def _version(content: dict[str, str]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode())[:12]
