"""Nothing is lost: graders killed at random moments, and the disk full while a verdict is written."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graders.store import VerdictStore
from tests.graders.kills import Loop, make_cohort, offspring_found, undisturbed
from tests.graders.test_judge_grade import fake

KILLS = 20


def test_after_twenty_kills_the_gradebook_is_that_of_an_undisturbed_run(sandbox: None, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # shown where the test fails
    template = make_cohort(tmp_path / "template", learners=8)
    calm = shutil.copytree(template, tmp_path / "calm")
    with offspring_found():
        due, seconds = undisturbed(calm)
        loop = Loop(lambda: shutil.copytree(template, tmp_path / "labs"), due, seconds, KILLS, seed)
        loop.run()
    assert loop.done.total() == KILLS


FULL = """
import resource, sys
from pathlib import Path
from graders.store import VerdictStore
from tests.graders.test_judge_grade import fake
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
VerdictStore(Path(sys.argv[1])).save("tiny", "key", fake())
"""


@pytest.mark.parametrize("room", [0, 1, 200])
def test_a_disk_that_fills_while_a_verdict_is_written_leaves_nothing_and_is_said(room: int, tmp_path: Path) -> None:
    store = VerdictStore(tmp_path)
    root = Path(__file__).resolve().parents[2]
    line = [sys.executable, "-c", FULL, str(tmp_path), str(room)]
    ended = subprocess.run(line, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False)
    assert "File too large" in ended.stderr
    assert store.load("tiny", "key") is None
    assert [path.name for path in (tmp_path / "verdicts" / "tiny").iterdir()] == []
    store.save("tiny", "key", fake())
    assert store.load("tiny", "key") == fake()
