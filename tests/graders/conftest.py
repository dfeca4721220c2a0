"""What the judge's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.judge import available
from tests.graders import tiny_course


@pytest.fixture
def sandbox() -> None:
    """Skips the test, with the reason, on machines where learners' code cannot be isolated."""
    usable, why = available()
    if not usable:
        pytest.skip(why)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A fresh tiny course directory."""
    return tiny_course.make_course(tmp_path / "labs")
