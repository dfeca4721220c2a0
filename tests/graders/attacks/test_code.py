"""Attacks by what the notebook's code says and answers: each earns its honest score, and nothing around it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graders.attacks import ATTACKS, Attack
from tests.graders.attacks.judging import Surroundings, withstood


@pytest.mark.parametrize("attack", [*ATTACKS["forging"], *ATTACKS["protocol"]], ids=lambda attack: attack.name)
def test_the_attack_earns_its_honest_score_and_changes_nothing(attack: Attack, around: Surroundings, warm: Path) -> None:
    withstood(attack, around, warm)
