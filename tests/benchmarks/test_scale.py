"""2,000 synthetic submissions: is throughput flat, is the coordinator's memory bounded? Run by `make bench`; fails on no time.

``DCAI_BENCH_SUBMISSIONS`` changes the number, ``DCAI_BENCH_JOBS`` the number of workers. The mix: right and wrong answers,
notebooks as handed out, files that are no notebooks, and one endless loop in 200 (``cell_seconds`` is 1).
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from tests.benchmarks.bench_course import ROOT, measured, table
from tests.graders.coordinator import line
from tests.graders.tiny_course import ASSIGNMENT, LIMITS, LOADER, hand_in, make_course, submission

SUBMISSIONS = int(os.environ.get("DCAI_BENCH_SUBMISSIONS", "2000"))
JOBS = int(os.environ.get("DCAI_BENCH_JOBS", "2"))
BLOCK = 100
FAST = replace(LIMITS, cell_seconds=1, grace_seconds=1)
BLANK = "# YOUR CODE HERE\nraise NotImplementedError()"


def answer(number: int) -> tuple[str, float, dict[str, Any] | bytes]:
    """Kind, score that is due, and file of submission ``number``."""
    if number % 200 == 150:
        return "endless", 0.0, submission(double="def double(x):\n    while True:\n        pass", mean=BLANK, shift=BLANK)
    kind = number % 20
    if kind < 13:
        return "right", 6.0, submission("ko" if kind % 2 else "en")
    if kind < 17:
        return "wrong", 5.0, submission(double="def double(x):\n    return x * x")
    if kind < 19:
        return "blank", 0.0, submission(double=BLANK, mean=BLANK, shift=BLANK)
    return "broken", 0.0, b'{"cells": ['


def blocks(log: Path) -> list[tuple[int, float, float]]:
    """For each block of 100: the last submission's number, submissions per second, and the coordinator's memory in MB."""
    rows = [text.split() for text in log.read_text(encoding="ascii").splitlines() if not text.startswith("end")]
    first = {int(done): (float(seconds), float(memory)) for done, _total, seconds, memory in reversed(rows)}
    found, before, start = [], 0.0, 0
    for done in [*range(BLOCK, max(first), BLOCK), max(first)]:
        seconds, memory = first[done]
        found.append((done, (done - start) / (seconds - before), memory))
        before, start = seconds, done
    return found


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]], Path, Any, Any]:
    """The cohort graded once, and once more with nothing left to do."""
    folder = tmp_path_factory.mktemp("scale")
    course, log, out = make_course(folder / "labs"), folder / "log", folder / "out.json"
    for number in range(SUBMISSIONS):
        hand_in(course, f"learner{number:05}", answer(number)[2])
    command = line(ASSIGNMENT, course, LOADER, jobs=JOBS, limits=FAST, log=log, out=out)
    first = measured(command)
    results = json.loads(out.read_text(encoding="utf-8"))
    kept = log.read_text(encoding="ascii")
    again = measured(command)
    log.write_text(kept, encoding="ascii")
    return course, results, log, first, again


def test_every_submission_gets_what_is_due(graded: Any) -> None:
    due = {f"learner{number:05}": answer(number)[1] for number in range(SUBMISSIONS)}
    assert {r["student"]: r["score"] for r in graded[1]} == due
    assert all(r["recorded"] for r in graded[1])


def test_throughput_and_memory(graded: Any) -> None:
    _course, results, log, first, again = graded
    found = blocks(log)
    end = float(log.read_text(encoding="ascii").splitlines()[-1].split()[2])
    judged = float(log.read_text(encoding="ascii").splitlines()[-2].split()[2])
    lines = ["| submissions | per second in this block | coordinator, MB |", "|---|---|---|"]
    lines += [f"| {done} | {rate:.2f} | {memory:.0f} |" for done, rate, memory in found]
    lines += [
        "", f"{len(results)} submissions, {JOBS} workers, in {first.wall:.0f} s ({60 * len(results) / first.wall:.0f} a minute, "
        f"{first.cpu / len(results):.2f} s of processor time each); after the last verdict {end - judged:.1f} s more to the end.",
        f"The same command again, nothing left to judge: {again.wall:.1f} s.",
    ]
    table("scale", lines)
    plot(found)
    assert found[-1][0] == SUBMISSIONS


def plot(found: list[tuple[int, float, float]]) -> None:
    """Throughput and memory over submissions, to ``build/bench/scale.png``."""
    done, rates, memory = zip(*found, strict=True)
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7, 5), layout="constrained")
    above.plot(done, rates, marker="o")
    above.set(ylabel="submissions per second", ylim=(0, None), title=f"{SUBMISSIONS} submissions, {JOBS} workers")
    below.plot(done, memory, marker="o", color="tab:red")
    below.set(xlabel="submissions graded", ylabel="coordinator's memory, MB", ylim=(0, None))
    figure.savefig(ROOT / "build" / "bench" / "scale.png", dpi=120)
    plt.close(figure)
