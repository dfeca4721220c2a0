"""The surroundings of attacked judges, one for all tests of a process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.judge import available
from graders.judge.warm import WarmProcess
from tests.graders.attacks.judging import Surroundings


@pytest.fixture(scope="module")
def around() -> Iterator[Surroundings]:
    """Planted secrets and canaries; ends the module's tests with the reason where there is no sandbox."""
    usable, why = available()
    if not usable:
        pytest.skip(why)
    made = Surroundings()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(made.temporary))
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made
    made.close()


@pytest.fixture(scope="module")
def warm(around: Surroundings) -> Iterator[Path]:
    """Address of a warm process, whose owner's environment holds a secret too."""
    with WarmProcess(["numpy"]) as process:
        yield process.folder
