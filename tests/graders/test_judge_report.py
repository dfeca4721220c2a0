"""What a learner reads fits on a feedback page."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from datacentric_helpers.outcome import Property, Report
from graders.judge.report import render

ENGLISH = "A sentence that goes on and on. " * 12
KOREAN = "끝없이 이어지는 문장입니다. " * 12


@pytest.mark.parametrize("text", [ENGLISH, KOREAN, "x" * 300, "one\n\ntwo"])
def test_advice_and_hint_are_broken_at_spaces_and_lose_nothing(text: str) -> None:
    made = Report(exercise="e", title="t", properties=(Property("p", False, ()),), advice=text, hints=(text,), share=0.0)
    lines = render(made, 0.0, 1.0, []).splitlines()
    assert all(cell_len(line) <= 100 or " " not in line for line in lines)
    assert " ".join(" ".join(lines).split()).count(" ".join(text.split())) == 2
