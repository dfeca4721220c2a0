"""Attacks on the system around the notebook: files, processes, networks, limits: each earns its honest score, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graders.attacks import ATTACKS, Attack
from tests.graders.attacks.judging import Surroundings, withstood


@pytest.mark.parametrize("attack", [*ATTACKS["reading"], *ATTACKS["escaping"], *ATTACKS["exhausting"]], ids=lambda attack: attack.name)
def test_the_attack_earns_its_honest_score_and_changes_nothing(attack: Attack, around: Surroundings, warm: Path) -> None:
    withstood(attack, around, warm)


@pytest.mark.parametrize("attack", [*ATTACKS["reading"], *ATTACKS["escaping"]], ids=lambda attack: attack.name)
def test_the_same_from_a_cold_kernel(attack: Attack, around: Surroundings) -> None:
    withstood(attack, around, None)
