"""Each row of "what arrives, what happens": really tried, in the real sandbox, where the row is about running code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from graders.grade import grade_assignment
from graders.judge import Verdict, report
from tests.graders.tiny_course import ASSIGNMENT, LIMITS, LOADER, hand_in, judge, points, raw, submission

pytestmark = pytest.mark.usefixtures("sandbox")


STUBBORN = """import time
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass"""
CROWD = """import os, time
while True:
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError:
        time.sleep(0.1)"""


def incident(verdict: Verdict) -> str:
    return " | ".join(report.incident(key, asdict(LIMITS)) for key in verdict.incidents)


@pytest.mark.parametrize(
    ("code", "message", "earned"),
    [
        ("while True:\n    pass", "longer than 4 seconds", {"double": 2, "mean": 0, "shift": 2}),
        (STUBBORN, "longer than 4 seconds", {"double": 2, "mean": 0, "shift": 0}),
        ("hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 20))", "700 MB of memory", None),
        (CROWD, "stopped:", None),
        ("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass", "stopped:", None),
        ("for _ in range(50):\n    print('x' * 1_000_000)", "1024 KB of output", {"double": 2, "mean": 0, "shift": 2}),
        ("import os\nwhile True:\n    os.write(1, b'x' * 65536)", "stopped:", None),
        ("import os\nos._exit(3)", "process ended", {"double": 2, "mean": 0, "shift": 0}),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "process ended", {"double": 2, "mean": 0, "shift": 0}),
        ("import ctypes\nctypes.string_at(0)", "process ended", {"double": 2, "mean": 0, "shift": 0}),
        ("exit()", "", None),
        ("import sys\nsys.exit(1)", "", {"double": 2, "mean": 0, "shift": 2}),
        ("input('name? ')", "", {"double": 2, "mean": 0, "shift": 2}),
        ("import sys\nsys.stdin.read()", "", {"double": 2, "mean": 0, "shift": 2}),
    ],
    ids=[
        "endless loop", "loop that ignores interrupts", "memory bomb", "processes", "fork bomb", "50 MB of output", "flood of a descriptor",
        "os._exit", "kill", "segmentation fault", "exit()", "sys.exit", "input()", "stdin",
    ],
)
def test_code_that_misbehaves_stops_at_its_limit_and_earlier_verdicts_stand(
    code: str, message: str, earned: dict[str, float] | None, tmp_path: Path
) -> None:
    verdict = judge(tmp_path, submission(mean=code))
    assert message in incident(verdict)
    assert points(verdict)["double"] == 2
    if earned is not None:
        assert points(verdict) == earned
    assert verdict.seconds < LIMITS.notebook_seconds


def test_a_loop_inside_a_checked_function_costs_that_check_only(tmp_path: Path) -> None:
    verdict = judge(tmp_path, submission(mean="def mean(values):\n    while True:\n        pass"))
    assert points(verdict) == {"double": 2, "mean": 0, "shift": 2}
    assert "longer than 4 seconds" in verdict.checks[1].report


def test_checks_after_a_dead_kernel_say_why_they_were_not_judged(tmp_path: Path) -> None:
    verdict = judge(tmp_path, submission(mean="import os\nos._exit(0)"))
    assert "not judged" in verdict.checks[2].report
    assert "process ended" in verdict.checks[2].report


VALUES: dict[str, tuple[str, str]] = {
    "NaN": ("float('nan')", "the value differs"),
    "infinity": ("float('inf')", "the value differs"),
    "wrong type": ("'1.5'", "a float was due, a str came"),
    "None": ("None", "a float was due, a NoneType came"),
    "an object that cannot be sent": ("object()", "an object of type object cannot be sent"),
    "a generator": ("(x for x in values)", "an object of type generator cannot be sent"),
    "wrong shape": ("np.ones((2, 2))", "a float was due, a ndarray came"),
    "too large": ("np.ones(3_000_000)", "the answers are larger than allowed"),
}


@pytest.mark.parametrize("name", list(VALUES))
def test_a_value_that_is_not_the_one_due_is_named(name: str, tmp_path: Path) -> None:
    expression, message = VALUES[name]
    verdict = judge(tmp_path, submission(mean=f"def mean(values):\n    if not values:\n        raise ValueError\n    return {expression}"))
    assert points(verdict) == {"double": 2, "mean": 0, "shift": 2}
    assert message in verdict.checks[1].report


def test_a_wrong_shape_of_an_array_is_named(tmp_path: Path) -> None:
    verdict = judge(tmp_path, submission(shift="def shift(values):\n    return values[:1]"))
    assert "shape (3,) was due, (1,) came" in verdict.checks[2].report


def _without(content: dict[str, Any], name: str) -> dict[str, Any]:
    return {**content, "cells": [cell for cell in content["cells"] if cell["id"] != name]}


def test_broken_files_are_named_score_what_can_be_judged_and_the_run_goes_on(course: Path) -> None:
    good = submission()
    hand_in(course, "ann", good)
    hand_in(course, "bob", b"not a notebook")
    hand_in(course, "cut", raw(good)[:-900])
    hand_in(course, "del", _without(good, "mean-check"))
    hand_in(course, "fay", {**good, "cells": [*good["cells"], good["cells"][3], good["cells"][3]]})
    hand_in(course, "gus", {**good, "cells": [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}]})
    hand_in(course, "hal", _without(good, "shift-solution"))
    hand_in(course, "ivy", good).rename(course / "submitted" / "ivy" / ASSIGNMENT / "wrong name.ipynb")
    with ThreadPoolExecutor(2) as threads:
        found = grade_assignment(ASSIGNMENT, course, limits=LIMITS, loader=LOADER, executor=threads)
    results = {r.student: r for r in found}
    assert {name: r.score for name, r in results.items()} == {
        "ann": 6, "bob": 0, "cut": 0, "del": 6, "fay": 6, "gus": 0, "hal": 4, "ivy": 0,
    }
    said = {name: " ".join(r.problems) for name, r in results.items()}
    assert said["ann"] == ""
    due = {
        "bob": "not JSON", "cut": "not JSON", "del": "put back", "fay": "3 times", "gus": "another assignment", "hal": "missing",
        "ivy": "wrong name.ipynb",
    }
    assert {name for name, words in due.items() if words not in said[name]} == set()
    assert all(r.recorded for r in results.values())
