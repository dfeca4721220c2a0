"""``dcai grade`` as a process of its own, for tests that measure or kill it: any loader, and a line for each step of progress.

    python -m tests.graders.coordinator '{"assignment": "tiny", "course": "labs", "loader": "...", "log": "progress.log"}'
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as `dcai grade` does, before NumPy is there
from graders.grade import grade_assignment
from graders.judge import Limits

__all__ = ["line"]

ROOT = Path(__file__).resolve().parents[2]


def line(assignment: str, course: Path, loader: str, **settings: Any) -> list[str]:
    """The command, to be run in the repository's folder. ``settings``: jobs, limits (Limits), log and out (files), resume and the like."""
    plain = {name: asdict(value) if isinstance(value, Limits) else value for name, value in settings.items()}
    words = {"assignment": assignment, "course": str(course), "loader": loader, **plain}
    return [sys.executable, "-m", "tests.graders.coordinator", json.dumps(words, default=str)]


def rss_mb() -> float:
    """Memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(settings: dict[str, Any]) -> None:
    """Grade; append ``done total seconds rss_mb`` to ``log`` at each step; write the results to ``out``."""
    log, out, limits = settings.pop("log", os.devnull), settings.pop("out", os.devnull), settings.pop("limits", {})
    started = time.perf_counter()
    with open(log, "a", encoding="ascii", buffering=1) as file:

        def tell(done: int, total: int) -> None:
            file.write(f"{done} {total} {time.perf_counter() - started:.3f} {rss_mb():.1f}\n")

        course = Path(settings.pop("course"))
        results = grade_assignment(course=course, limits=Limits(**limits), progress=tell, **settings)
        file.write(f"end {len(results)} {time.perf_counter() - started:.3f} {rss_mb():.1f}\n")
    Path(out).write_text(json.dumps([result.as_dict() for result in results]), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # as `dcai` does
