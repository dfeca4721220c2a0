"""What a submission may use while it is judged."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Limits"]

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook's run: seconds of wall-clock time, megabytes, counts. All must be positive.

    ``grace_seconds``: how long an interrupted cell may take to end before its kernel is ended instead.
    ``memory_mb`` bounds the private data of each process, and, with a quarter on top, all processes of the sandbox together.
    """

    start_seconds: int = 60
    cell_seconds: int = 60
    grace_seconds: int = 8
    notebook_seconds: int = 600
    memory_mb: int = 4096
    processes: int = 128
    file_mb: int = 64
    folder_mb: int = 256
    folder_files: int = 20_000
    output_kb: int = 1024
    notebook_output_kb: int = 8192
    answer_mb: int = 16

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or value <= 0:
                raise ValueError(f"{field.name} must be a whole number above 0, got {value!r}")
