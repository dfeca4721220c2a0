"""Lay a release over a learner's workbook without touching what the learner wrote.

========================= ========================= ==========================================================
on disk                   the release               then
========================= ========================= ==========================================================
missing                   any                       it is written
as recorded               changed                   it is replaced
changed by the learner    as recorded               nothing happens
changed by the learner    changed                   the new one is put beside it, as ``NAME.new.ipynb``, and named
not in the release        –                         nothing happens; an unchanged file of an older release goes,
                                                    except a notebook
========================= ========================= ==========================================================

"Changed" is about the cells' sources of a notebook: running it changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.workbook import MARKER
from graders.workbook.files import fingerprint, sha256, tree, write_atomic

__all__ = ["lay"]


@dataclass(frozen=True)
class _Recorded:
    """What the last build wrote: fingerprints of all files, hashes of the notebooks' bytes."""

    files: dict[str, str]
    content: dict[str, str]


def lay(release: Path, workbook: Path) -> list[str]:
    """Bring the workbook folder up to ``release`` and return notices: what was put beside, set aside, or left over.

    The record is written last: an interrupted run is simply run again.
    """
    workbook.mkdir(parents=True, exist_ok=True)
    recorded, notices = _read_record(workbook / MARKER)
    names = [path.relative_to(release).as_posix() for path in tree(release) if path.name != MARKER]
    for name in names:
        notices += _lay_file(name, (release / name).read_bytes(), workbook, recorded)
    notices += _clear(set(recorded.files) - set(names), workbook, recorded)
    marker = (release / MARKER).read_bytes()
    if not (workbook / MARKER).is_file() or (workbook / MARKER).read_bytes() != marker:
        write_atomic(workbook / MARKER, marker)
    return notices


def _read_record(path: Path) -> tuple[_Recorded, list[str]]:
    """The record of the last build; a broken one is set aside, and then every file that differs is the learner's."""
    if not path.exists():
        return _Recorded({}, {}), []
    try:
        found = json.loads(path.read_bytes())
        return _Recorded(_texts(found["files"]), _texts(found.get("content", {}))), []
    except (ValueError, TypeError, KeyError):
        aside = next(p for n in range(1, 10_000) if not (p := path.with_name(f"{path.stem}.broken-{n}{path.suffix}")).exists())
        path.rename(aside)
        return _Recorded({}, {}), [
            _("{path} could not be read and was set aside as {aside}; your files stay as they are").format(path=path, aside=aside.name)
        ]


def _texts(content: Any) -> dict[str, str]:
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise TypeError
    return content


def _lay_file(name: str, data: bytes, workbook: Path, recorded: _Recorded) -> list[str]:
    path = workbook / name
    if not path.exists():
        write_atomic(path, data)
        return []
    there = path.read_bytes()
    if there == data:
        return []
    hers, new, old = fingerprint(name, there), fingerprint(name, data), recorded.files.get(name)
    if hers == new:  # the same sources: replace it only where nobody has run it since
        if recorded.content.get(name) == sha256(there):
            write_atomic(path, data)
        return []
    if hers == old:
        write_atomic(path, data)
        return []
    return [] if new == old else _lay_beside(path, name, data)


def _lay_beside(path: Path, name: str, data: bytes) -> list[str]:
    """Put a release that the learner's own version must not be lost to beside it."""
    for n in range(1, 10_000):
        beside = path.with_name(f"{path.stem}.new{'' if n == 1 else f'-{n}'}{path.suffix}")
        if not beside.exists():
            write_atomic(beside, data)
            break
        if fingerprint(name, beside.read_bytes()) == fingerprint(name, data):
            break
    return [_("{path} has your own changes and stays; the new version is beside it: {new}").format(path=path, new=beside.name)]


def _clear(gone: set[str], workbook: Path, recorded: _Recorded) -> list[str]:
    """Remove what an older release brought and nobody changed; a notebook is left, and named."""
    notices = []
    for name in sorted(gone):
        path = workbook / name
        if not path.resolve().is_relative_to(workbook.resolve()) or not path.is_file():
            continue
        if name.endswith(".ipynb"):
            notices.append(_("{path} is no longer part of the workbook; delete it if you need it no more").format(path=path))
        elif fingerprint(name, path.read_bytes()) == recorded.files[name]:
            path.unlink()
    return notices
