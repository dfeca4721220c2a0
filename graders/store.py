"""Verdicts on disk: one sealed file each, written whole or not at all, found again by what was judged.

The name of a file is a hash over everything that the verdict depends on, so work that did not change is never judged twice. The
seal is an HMAC under the course's secret: a file that was edited or cut off is set aside, and the submission judged again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from graders.judge.verdict import Verdict

__all__ = ["VerdictStore", "fingerprint", "secret_of", "seed"]


class VerdictStore:
    """The verdicts of one course, under ``<course>/verdicts/<assignment>/<key>.json``."""

    def __init__(self, course: Path) -> None:
        self.folder, self._secret = course / "verdicts", secret_of(course)

    def path(self, assignment: str, key: str) -> Path:
        """Where the verdict with ``key`` stands or would stand."""
        return self.folder / assignment / f"{key}.json"

    def load(self, assignment: str, key: str) -> Verdict | None:
        """The verdict, or None where there is none; a file that is not as it was written is renamed to ``*.spoiled``."""
        path = self.path(assignment, key)
        if not path.exists():
            return None
        verdict = self._unsealed(key, path.read_bytes())
        if verdict is None:
            path.replace(path.with_suffix(".spoiled"))
        return verdict

    def save(self, assignment: str, key: str, verdict: Verdict) -> Path:
        """Write the verdict, so that after a crash at any moment there is the whole file or none."""
        path = self.path(assignment, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = verdict.as_dict()
        text = json.dumps({"seal": self._seal(key, plain), "verdict": plain}, ensure_ascii=False, indent=1)
        _write(path, text.encode("utf-8", "replace"))
        return path

    def _unsealed(self, key: str, raw: bytes) -> Verdict | None:
        try:
            content = json.loads(raw)
            genuine = hmac.compare_digest(content["seal"], self._seal(key, content["verdict"]))
            return Verdict.from_dict(content["verdict"]) if genuine else None
        except (ValueError, KeyError, TypeError):
            return None

    def _seal(self, key: str, verdict: dict[str, Any]) -> str:
        plain = json.dumps(verdict, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
        return hmac.new(self._secret, key.encode() + plain, hashlib.sha256).hexdigest()


def secret_of(course: Path) -> bytes:
    """The course's secret (32 bytes), made once beside the gradebook, readable by its owner only."""
    path = course / "gradebook.db.secret"
    if not path.exists():
        made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(made, path)  # whoever is first wins; a rename would replace a secret that is in use
        except FileExistsError:
            made.unlink()
            return secret_of(course)
        made.unlink()
    secret = path.read_bytes()
    if len(secret) != 32:
        raise ValueError(f"{path} must hold 32 bytes, it holds {len(secret)}: delete it to make a new one (all work is then judged anew)")
    return secret


def seed(secret: bytes, *names: str) -> int:
    """The seed of the hidden cases for ``names`` (assignment, learner, exercise): the same each time, not to be guessed."""
    digest = hmac.new(secret, "\0".join(names).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")


def fingerprint(*parts: bytes | str) -> str:
    """SHA-256 over ``parts``, each with its length, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def _write(path: Path, content: bytes) -> None:
    made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with made.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
