"""Evidence that numbers follow a distribution."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.property import follows


def uniform(x: torch.Tensor) -> torch.Tensor:
    return x.clamp(0, 1)


def normal(x: torch.Tensor) -> torch.Tensor:
    return torch.special.ndtr(x)


@given(x=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_distance_is_the_largest_there_is(x: list[float]) -> None:
    """Looked for at both sides of every step of the empirical distribution function, one number at a time."""
    n = len(x)
    distance = max(
        max(abs(sum(other <= one for other in x) / n - one), abs(sum(other < one for other in x) / n - one))
        for one in x
    )
    expected = min(1.0, 2 * math.exp(-2 * n * distance**2))
    assert follows(torch.tensor(x, dtype=torch.float64), uniform).p == pytest.approx(expected, rel=1e-9)


def test_it_is_never_too_small() -> None:
    """Of many right samples no larger share has evidence below a than a, for any a."""
    torch.manual_seed(0)
    found = torch.tensor([follows(torch.randn(40), normal).p for _ in range(4000)])
    for a in (0.5, 0.1, 0.01, 0.001):
        assert float((found < a).double().mean()) <= a + 4 * math.sqrt(a / 4000)


def test_another_distribution_is_told_from_it() -> None:
    torch.manual_seed(0)
    assert follows(torch.rand(1000), uniform).p > 1e-3
    assert follows(torch.rand(1000) * 0.8, uniform).p < 1e-12
    assert follows(torch.randn(1000) * 1.4, normal).p < 1e-3
    assert follows(torch.zeros(1000), normal).p < 1e-12


def test_what_is_no_number_follows_nothing() -> None:
    assert follows(torch.tensor([0.5, math.nan]), uniform).p == 0
    assert follows(torch.tensor([math.inf, math.nan]), normal).p == 0
    assert follows(torch.zeros(0), uniform).p == 1
