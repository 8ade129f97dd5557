"""The part of a wrong output that is drawn: small, around the largest error, of a public case."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.diagnose import excerpt
from tests.diagnose.asked import wrong


@given(st.lists(st.integers(1, 20), min_size=0, max_size=4), st.integers(0, 2**32 - 1))
def test_it_is_the_surroundings_of_the_largest_error(shape: list[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    expected = generator.normal(size=shape) + 3
    got = np.array(expected)
    worst = tuple(int(generator.integers(size)) for size in shape)
    got[worst] += 2.5
    found = excerpt([wrong(expected, got)])
    if expected.size == 1:
        assert found is None
        return
    assert found is not None and found.case == "some_case"
    match = re.fullmatch(r"out\[(.*)\]", found.place)
    assert match
    window = tuple(
        slice(int(a), int(b)) if b else slice(int(a), int(a) + 1)
        for a, _, b in (part.partition(":") for part in match[1].split(", "))
    )
    assert len(window) == len(shape)
    part = expected[window]
    assert part.shape[-2:] == tuple(min(size, 12) for size in shape[-2:]) and part.size <= 144
    assert np.allclose(np.array(found.expected).ravel(), part.ravel(), rtol=1e-5)
    assert np.allclose(np.array(found.got).ravel(), got[window].ravel(), rtol=1e-5)
    errors = np.array(found.errors)
    assert errors.shape == np.array(found.expected).shape == np.array(found.got).shape
    assert (errors > found.limit).sum() == 1 and all(
        s.start <= at < s.stop for s, at in zip(window, worst, strict=True)
    )


def test_a_hidden_case_is_never_drawn() -> None:
    a, b = np.zeros((3, 3)), np.ones((3, 3))
    assert excerpt([wrong(a, b, hidden=True)]) is None
    both = excerpt([wrong(a + 5, b, hidden=True), wrong(a, b)])
    assert both is not None and {value for row in both.expected for value in row} == {0.0}


def test_what_is_not_finite_is_none_and_whole_numbers_are_numbers() -> None:
    expected = np.arange(6.0).reshape(2, 3)
    got = expected.copy()
    got[0, 1], got[1, 2] = np.nan, -np.inf
    found = excerpt([wrong(expected, got)])
    assert found is not None
    assert found.got == ((0.0, None, 2.0), (3.0, 4.0, None))
    assert found.errors == ((0.0, None, 0.0), (0.0, 0.0, None))
    labels = excerpt([wrong(np.array([1, 2, 3]), np.array([1, 2, 5]))])
    assert labels is not None and labels.got == ((1.0, 2.0, 5.0),) and labels.errors[0][:2] == (0.0, 0.0)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (np.zeros(3), np.zeros(4)),
        (np.zeros(3), None),
        ("a", "b"),
        (np.zeros(3), "zeros"),
        (1.5, 2.5),
        ([1, 2], [1, "x"]),
    ],
)
def test_what_is_no_pair_of_arrays_is_not_drawn(expected: object, got: object) -> None:
    assert excerpt([wrong(expected, got)]) is None


def test_nothing_wrong_is_nothing() -> None:
    assert excerpt([]) is None
