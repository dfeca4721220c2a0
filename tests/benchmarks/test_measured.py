"""Time and peak memory of what users wait for; run by `make bench`. Prints a table, fails on no number.

Every figure of the README's table comes from here (the first start and `make test` are timed by hand, in a fresh clone).
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import time

import pytest

from tests.graders.course import EXERCISES, ROOT

ROWS: list[tuple[str, float, float]] = []


def measured(name, line, folder=ROOT, **env):
    """Wall seconds of ``line``, and the peak memory of its largest process, by a fresh process that runs only it."""
    script = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print('PEAK', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    start = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", script, *map(str, line)], cwd=folder, env={**os.environ, **env},
                         stderr=subprocess.PIPE, text=True, check=False)
    seconds, peak = time.perf_counter() - start, int(re.findall(r"PEAK (\d+)", run.stderr)[-1]) / 1024
    ROWS.append((name, seconds, peak))
    return run.returncode


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    print("\n\n| what | seconds | peak memory, MB |\n|---|---|---|")
    for name, seconds, peak in ROWS:
        print(f"| {name} | {seconds:.2f} | {peak:.0f} |")


def test_import():
    assert measured("`import datacentric_helpers`", [sys.executable, "-c", "import datacentric_helpers"]) == 0


def test_build(tmp_path):
    dcai = shutil.which("dcai") or ROOT / ".venv" / "bin" / "dcai"
    assert measured("`dcai build`, first", [dcai, "build", "--out", tmp_path]) == 0
    assert measured("`dcai build`, nothing changed", [dcai, "build", "--out", tmp_path]) == 0


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_chapter(path, tmp_path):
    line = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", path, "--output-dir", tmp_path]
    assert measured(f"`{path.name}`, run from top to bottom", line, folder=path.parent) == 0


def test_checks():
    from datacentric_helpers.checking import report

    times = []
    for _assignment, exercise in EXERCISES:
        function = next(a.function for a in exercise.zoo if a.kind == "right")
        report(exercise.id, function)  # the first call pays for imports
        start = time.perf_counter()
        assert report(exercise.id, function).passed
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ROWS.append((f"`check`, the slowest of {len(times)} exercises", max(times), peak))
    ROWS.append((f"`check`, the median of {len(times)} exercises", sorted(times)[len(times) // 2], peak))


def test_demo(tmp_path):
    dcai = shutil.which("dcai") or ROOT / ".venv" / "bin" / "dcai"
    assert measured("`dcai demo`, 24 learners", [dcai, "demo", "--out", tmp_path / "demo"]) == 0
