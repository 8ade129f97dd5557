"""Five hundred broken notebooks and archives through batches."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

from tests.batch.malformed import Pile, check_class, handed_in


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(
    max_examples=10,
    deadline=None,
    verbosity=Verbosity.quiet,  # or it would print every byte
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(pile=handed_in(50))
def test_nothing_is_lost_nothing_is_twice_and_no_fault_is_a_zero(pile: Pile) -> None:
    check_class(pile)
