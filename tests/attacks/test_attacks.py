"""Every attack, under every level that this machine gives, gains nothing; see harness.py for what that means."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from grader import sandbox
from tests.attacks.attack import Attack, all_attacks
from tests.attacks.harness import Arena

ATTACKS = all_attacks()


CAGES = [level for level in sandbox.LEVELS if level != "none"]


def _runs() -> list[object]:
    """Attack and level; those that take much memory or many processes one after the other. Every attack at every level
    with GRADER_ATTACKS=all (`make proofs`); else each that is not long at one level, and each level for one attack in
    three."""
    everything = os.environ.get("GRADER_ATTACKS") == "all"
    return [
        pytest.param(
            attack,
            level,
            id=f"{level}-{attack.name}",
            marks=[pytest.mark.xdist_group("heavy")] if attack.heavy else [],
        )
        for level in sandbox.LEVELS
        for number, attack in enumerate(ATTACKS)
        if everything or (level == CAGES[number % len(CAGES)] and not attack.long)
    ]


@pytest.mark.parametrize(("attack", "level"), _runs())
def test_gains_nothing(
    arena: Arena, attack: Attack, level: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("attack", f"{level} {attack.name}")

    try:
        arena.level(level)
    except sandbox.SandboxError as error:
        pytest.skip(f"this machine does not give level {level}: {error}")  # see test_levels.py
    gained = arena.complaints(attack, level)

    if not attack.admitted_under(level):
        assert gained == [], attack.sentence
    elif attack.must_succeed_under(level):
        assert gained, f"{attack.name} is admitted under {level} ({attack.admitted[level]}), and gains nothing there"
