"""The same as test_truth.py, for many more arrays: minutes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diagnose.test_truth import CHANGES, RESHAPED, many, what_is_said_is_so, what_makes_it_right_does


@pytest.mark.parametrize("change", CHANGES)
@many(1000)
@given(data=st.data())
def test_whatever_is_said_is_so(change: str, data: st.DataObject) -> None:
    what_is_said_is_so(change, data)


@pytest.mark.parametrize("change", RESHAPED)
@many(1000)
@given(data=st.data())
def test_what_would_make_it_right_does(change: str, data: st.DataObject) -> None:
    what_makes_it_right_does(change, data)
