"""A case with a web of its own: served outside the sandbox, reached from inside, known by its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from datacentric_helpers.compare import exact
from datacentric_helpers.outcome import run_case
from graders.exercise import Case, Exercise
from graders.judge import session
from graders.judge.warm import WarmProcess
from tests.graders.tiny_course import LIMITS

pytestmark = pytest.mark.usefixtures("sandbox")
PATHS = ["/robots.txt", "/nothing-here"]
VISIT = """
from datacentric_helpers import check, web
def visit(paths):
    session = web.session()
    return [session.get("http://photos.test" + path, timeout=2).status_code for path in paths]
"""


def hidden(_rng: Any) -> Iterator[Case]:
    yield Case("looks at another", (PATHS,), expected=[], service={"site": "gallery", "seed": 12345})
    yield Case("looks at nothing", ([],), expected=[])


EXERCISE = Exercise(
    "visit", "Visit", 2, 1, ("Ask.",), exact(), lambda paths: [],
    (Case("looks at one", (PATHS,), expected=[], service={"site": "robots", "seed": 1}),), hidden,
)


def outcomes(code: str, warm: Path | None) -> tuple[list[Any], session.Ran]:
    """What came of the three cases, judged in the sandbox."""
    mark = {"nbgrader": {"grade": True, "solution": False, "locked": True, "grade_id": "visit-check", "points": 2, "schema_version": 3}}
    nb = new_notebook(cells=[new_code_cell(code, id="code"), new_code_cell('check("visit", visit)', id="check", metadata=mark)])
    checks, ran = session._in_thread(nb, lambda: session.plan(nb, {"visit": EXERCISE}, lambda name: 7), LIMITS, True, warm, lambda: False)
    return checks["check"].outcomes, ran


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_the_judge_sees_every_request_and_adds_them_to_what_was_returned(warm: bool) -> None:
    if warm:
        with WarmProcess(["requests", "datacentric_helpers.web"]) as process:
            found, ran = outcomes(VISIT, process.folder)
    else:
        found, ran = outcomes(VISIT, None)
    assert ran.kernel == ("warm" if warm else "cold")
    for outcome in found[:2]:
        assert outcome["value"]["returned"] == [200, 404]
        assert [(entry["host"], entry["path"]) for entry in outcome["value"]["log"]] == [("photos.test", path) for path in PATHS]
    assert found[2] == {"value": []}


def test_a_forged_log_is_not_what_counts() -> None:
    forged = VISIT + "inner = visit\ndef visit(paths):\n    return {'returned': inner(paths), 'log': []}\n"
    found, _ran = outcomes(forged, None)
    assert found[0]["value"]["returned"] == {"returned": [200, 404], "log": []}
    assert len(found[0]["value"]["log"]) == 2


def test_the_web_of_a_case_is_gone_after_it() -> None:
    late = VISIT + "inner = visit\ndef visit(paths):\n    return inner(paths or ['/'])\n"
    found, _ran = outcomes(late, None)
    assert "ConnectionError" in found[2]["raised"]


def test_the_learners_own_check_serves_the_same() -> None:
    space: dict[str, Any] = {}
    exec(VISIT, space)
    outcome = run_case(space["visit"], (PATHS,), {"site": "robots", "seed": 1})
    assert outcome["value"]["returned"] == [200, 404]
    assert len(outcome["value"]["log"]) == 2
