"""Inputs: the same secret draws the same, another one something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.course import Assignment
from grader.draw import Draw
from grader.question import draw

DATA = Path(__file__).parent.parent / "assignments"


def test_a_secret_repeats_its_inputs_and_another_does_not() -> None:
    one, same, other = (Draw(secret, "m.f/case").normal(4, 5) for secret in (b"a", b"a", b"b"))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)
    assert not np.allclose(one, Draw(b"a", "m.f/another").normal(4, 5))


def test_public_cases_do_not_depend_on_the_secret_and_hidden_ones_do(toy: Assignment) -> None:
    energy = toy.checks["algebra.energy"]
    drawn = {case.name: [draw(energy, case, s, DATA).inputs["x"] for s in (b"a", b"b")] for case in energy.cases}
    assert np.array_equal(*drawn["plain"])
    assert not np.array_equal(*drawn["single"])


def test_nothing_is_near_what_it_keeps_away_from() -> None:
    draw = Draw(b"", "x")
    assert np.abs(draw.normal(1000, away=0.1)).min() >= 0.1
    spread = np.sort(draw.spread(10, 10, gap=0.01).reshape(-1))
    assert np.diff(spread).min() >= 0.0099


def test_every_class_has_a_label() -> None:
    assert set(Draw(b"", "x").labels(12, 10).tolist()) == set(range(10))
    assert Draw(b"", "x").labels(3, 10).shape == (3,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_have_the_exercise_s_dtype(dtype: str) -> None:
    draw = Draw(b"", "x", dtype=dtype)
    arrays = [
        draw.normal(3),
        draw.uniform(3),
        draw.spread(3),
        draw.orthogonal(3),
        draw.full(3),
        draw.strided(draw.normal(4)),
    ]
    assert {str(x.dtype) for x in arrays} == {dtype}


def test_strided_values_are_the_same_and_not_contiguous() -> None:
    draw = Draw(b"", "x")
    x = draw.normal(3, 4)
    strided = draw.strided(x)
    assert np.array_equal(x, strided)
    assert not strided.flags.c_contiguous


def test_orthogonal() -> None:
    q = Draw(b"", "x").orthogonal(5)
    assert np.allclose(q @ q.T, np.eye(5))


def test_digits_are_moved_and_noised_and_occur_once() -> None:
    images, labels = Draw(b"", "x", data=DATA).digits(200)
    plain, _ = Draw(b"", "x", data=DATA).digits(200, shift=0, noise=0)
    assert images.shape == (200, 8, 8) and labels.shape == (200,)
    assert plain.min() == 0 and plain.max() == 1
    assert len({image.tobytes() for image in plain}) == 200
    assert not np.array_equal(images, plain)
