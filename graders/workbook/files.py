"""Files on disk: what a person wrote in them, as a fingerprint, and writing that leaves no half file."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["fingerprint", "sha256", "tree", "write_atomic"]

IGNORED = {"__pycache__", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", ".mypy_cache", ".ruff_cache"}


def sha256(data: bytes) -> str:
    """The SHA-256 of ``data`` in hex."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(name: str, data: bytes) -> str:
    """What a person wrote in the file, as a hash: a notebook's cells without outputs, any other file's bytes.

    A notebook that cannot be read counts by its bytes.
    """
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(data)["cells"]
            written = [[c["cell_type"], "".join(c["source"])] for c in cells]
        except (ValueError, TypeError, KeyError):
            return sha256(data)
        return sha256(json.dumps(written).encode())
    return sha256(data)


def tree(folder: Path) -> Iterator[Path]:
    """Every file under ``folder``, sorted, without caches and editors' leavings."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not IGNORED & set(path.relative_to(folder).parts) and path.suffix not in (".pyc", ".tmp"):
            yield path


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
