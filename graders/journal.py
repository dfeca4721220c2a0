"""What a run found, learner by learner: kept in memory as ``Result``, on disk as the assignment's journal."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Journal", "Result"]


@dataclass(frozen=True)
class Result:
    """One learner's result. ``problems`` are for the instructor: what is wrong with the file, limits hit, no record made.

    ``reused`` is True where a stored verdict stood already; ``recorded`` where the gradebook holds the score. ``key`` finds the
    verdict in the store; it is "" where there is none. ``kernel``: as in ``Verdict``. ``at``: when it was found (UTC, ISO 8601).
    """

    student: str
    score: float
    max_score: float
    seconds: float
    problems: tuple[str, ...] = ()
    reused: bool = False
    recorded: bool = False
    sandbox: str = ""
    peak_mb: float = 0.0
    kernel: str = ""
    key: str = ""
    at: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON can hold it."""
        return asdict(self)


class Journal:
    """Results as they came, one line of JSON each, in ``verdicts/<assignment>/journal.jsonl``; ``last`` holds each learner's last."""

    def __init__(self, course: Path, assignment: str) -> None:
        self.path = course / "verdicts" / assignment / "journal.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.last: dict[str, Result] = {}
        for line in self.path.read_bytes().split(b"\n") if self.path.exists() else ():
            try:
                content = json.loads(line)
                self.last[content["student"]] = Result(**{**content, "problems": tuple(content["problems"])})
            except (ValueError, KeyError, TypeError):
                continue  # a line that was being written when the machine went down: that learner is looked at again

    def write(self, result: Result) -> Result:
        """Append ``result`` with the time, and return it."""
        result = replace(result, at=datetime.now(UTC).isoformat(timespec="seconds"))
        with self.path.open("a", encoding="utf-8", errors="replace") as file:
            file.write("\n" * self._cut_off() + json.dumps(result.as_dict(), ensure_ascii=False) + "\n")
        return result

    def _cut_off(self) -> bool:
        """Whether the last line was not written to its end."""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return file.read(1) not in (b"", b"\n")
