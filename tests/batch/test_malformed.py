"""Fifty broken notebooks and archives through a batch; test_malformed_long.py has five hundred."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.batch.malformed import WHOLE_CLASSES, Pile, check_class, handed_in


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(WHOLE_CLASSES, max_examples=2)
@given(pile=handed_in(25))
def test_nothing_is_lost_nothing_is_twice_and_no_fault_is_a_zero(pile: Pile) -> None:
    check_class(pile)
