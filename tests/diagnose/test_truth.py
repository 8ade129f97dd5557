"""Whatever is said about two arrays is so: each sentence is checked against its own definition, in meanings.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from grader.compare import Comparison, Mismatch
from grader.diagnose.patterns import findings
from grader.diagnose.shapes import remedy
from grader.diagnose.view import view
from tests.diagnose.asked import wrong
from tests.diagnose.meanings import MEANINGS, REMEDIES, right

Array = NDArray[Any]

FEW = [0.0, 0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 4.0, 0.3, -0.7]
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)


CHANGES: dict[str, Callable[[Array, Array, float, st.DataObject], Array]] = {
    "other numbers": lambda e, w, k, data: np.resize(np.array(data.draw(st.permutations(FEW))), e.shape),
    "some": lambda e, w, k, data: np.where(data.draw(arrays.arrays(bool, e.shape)), w * k + 0.1, e),
    "times": lambda e, w, k, data: e * k,
    "plus": lambda e, w, k, data: e + k,
    "plus the input": lambda e, w, k, data: e + k * w,
    "the input": lambda e, w, k, data: w,
    "where the input": lambda e, w, k, data: np.where(w > 0, e * k + 1, e),
    "row by row": lambda e, w, k, data: (e.T * np.resize([1, k, -1, 2], e.shape[:1])).T,
    "reordered": lambda e, w, k, data: np.array(data.draw(st.permutations(e.ravel().tolist()))).reshape(e.shape),
    "turned": lambda e, w, k, data: np.flip(e),
    "rolled": lambda e, w, k, data: np.roll(e, 1, axis=data.draw(st.integers(0, e.ndim - 1))) if e.ndim else -e,
    "transposed": lambda e, w, k, data: data.draw(
        st.sampled_from([x for order in permutations(range(e.ndim)) if (x := e.transpose(order)).shape == e.shape])
    ),
    "magnitude": lambda e, w, k, data: np.abs(e),
    "squared": lambda e, w, k, data: e**2,
    "rounded": lambda e, w, k, data: np.round(e),
    "single": lambda e, w, k, data: e.astype(np.float32).astype(float) * (1 + 1e-6 * k),
    "last": lambda e, w, k, data: np.where(np.arange(e.shape[-1]) == e.shape[-1] - 1, k, e) if e.ndim else e + k,
    "border": lambda e, w, k, data: framed(e, k) if e.ndim > 1 and min(e.shape[-2:]) > 1 else e * k,
    "triangle": lambda e, w, k, data: np.triu(e) + k * np.tril(np.ones(e.shape[-2:]), -1) if e.ndim > 1 else e * k,
}  # fmt: skip


def framed(e: Array, k: float) -> Array:
    """Another number all round."""
    return np.pad(e[..., 1:-1, 1:-1], [(0, 0)] * (e.ndim - 2) + [(1, 1)] * 2, constant_values=k)


def many(examples: int) -> settings:
    """So many arrays; those that are right are left out."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


@pytest.mark.parametrize("change", CHANGES)
@many(60)
@given(data=st.data())
def test_whatever_is_said_is_so(change: str, data: st.DataObject) -> None:
    what_is_said_is_so(change, data)


def test_what_is_hardly_off_is_not_off_by_a_number_for_each_row() -> None:
    """Found in a long run: what is left after taking the number away was as large as the number."""
    e = np.array([[-1.0, -3.0, -2.0]])
    asked, _, agreement = wrong(e, e * (1 + 3e-7), tolerance=1e-7)
    assert agreement is not None
    seen = view(agreement.differences[0], asked)
    assert seen is not None
    assert not [finding.text for finding in findings(seen) if "added to each" in finding.text]


def what_is_said_is_so(change: str, data: st.DataObject) -> None:
    """Draw two arrays and check every sentence about them."""
    numbers = st.one_of(st.sampled_from(FEW), st.floats(-9, 9).map(lambda x: round(x, 3)))
    e = data.draw(arrays.arrays(float, SHAPES, elements=data.draw(st.sampled_from([st.sampled_from(FEW), numbers]))))
    w = data.draw(arrays.arrays(float, e.shape, elements=st.sampled_from(FEW)))
    y = data.draw(arrays.arrays(np.int64, data.draw(st.integers(1, 4)), elements=st.integers(0, 3)))
    k = data.draw(st.sampled_from([2.0, -1.0, 0.5, 3.0, 0.3, 0.7, 1.618, 4.0, -12.0, 1 / 3]))
    g = np.array(CHANGES[change](e, w, k, data), float)
    assume(not right(e, g))
    asked, _, agreement = wrong(e, g, tolerance=1e-7, W=w, y=y, p=0.3)
    assert agreement is not None
    (difference,) = agreement.differences
    assert difference.kind is Mismatch.VALUES
    seen = view(difference, asked)
    assert seen is not None
    said = [finding.text for finding in findings(seen)]
    assert said
    for text in said:
        check(text, e, g, {"W": w, "y": y, "p": 0.3})


def check(text: str, e: Array, g: Array, inputs: dict[str, Any]) -> None:
    """Assert that a sentence of a known kind means what is so."""
    for pattern, meaning in MEANINGS:
        found = re.match(pattern, text)
        if found:
            assert meaning(e, g, inputs, *found.groups()), text
            return
    raise AssertionError(f"nobody knows what this means: {text}")


RESHAPED: dict[str, Callable[[Array, st.DataObject], Array]] = {
    "another": lambda e, data: data.draw(arrays.arrays(float, SHAPES, elements=st.sampled_from(FEW))),
    "transposed": lambda e, data: e.T,
    "permuted": lambda e, data: e.transpose(data.draw(st.permutations(range(e.ndim)))),
    "flat": lambda e, data: e.ravel(),
    "stacked": lambda e, data: np.stack([e, e + 1], axis=data.draw(st.integers(0, e.ndim))),
    "summed": lambda e, data: e.sum(axis=data.draw(st.integers(0, e.ndim - 1)), keepdims=data.draw(st.booleans()))
    if e.ndim
    else e[None],
    "spread": lambda e, data: e.ravel() + np.zeros((e.size, 1)),
    "cut": lambda e, data: e[1:] if e.ndim else e[None],
    "padded": lambda e, data: np.pad(e, 1) if e.ndim else e[None, None],
    "short": lambda e, data: e[..., :-1] if e.ndim else e[None],
}  # fmt: skip


@pytest.mark.parametrize("change", RESHAPED)
@many(60)
@given(data=st.data())
def test_what_would_make_it_right_does(change: str, data: st.DataObject) -> None:
    what_makes_it_right_does(change, data)


def what_makes_it_right_does(change: str, data: st.DataObject) -> None:
    """Draw an array and one of another shape, and do what is said to make it right."""
    e = data.draw(arrays.arrays(float, SHAPES, elements=st.floats(-9, 9).map(lambda x: round(x, 2))))
    g = np.array(RESHAPED[change](e, data), float)
    assume(e.shape != g.shape)
    text = remedy("out", e, g, Comparison(1e-7).measure("float64", "float64"))
    if text is None:
        return
    for pattern, cure in REMEDIES:
        found = re.match(pattern, text)
        if found:
            assert right(e, cure(e, g, *found.groups())), text
            return
    assert re.match(r"it is the (sum|mean|maximum|first|last)|(the (first|last)|a border)", text), text
    if found := re.match(r"it is the (sum|mean|maximum) of the right answer over dimensions? ([\d and]+)", text):
        made = getattr(np, {"maximum": "max"}.get(found[1], found[1]))(e, axis=tuple(map(int, found[2].split(" and "))))
        assert right(made.reshape(g.shape), g), text
    elif "missing" in text or "too many" in text:
        longer, shorter = (g, e) if "too many" in text else (e, g)
        if "border" in text:
            cut = [slice((a - b) // 2, (a - b) // 2 + b) for a, b in zip(longer.shape, shorter.shape, strict=True)]
        elif "first" in text:
            cut = [slice(a - b, None) for a, b in zip(longer.shape, shorter.shape, strict=True)]
        else:
            cut = [slice(0, b) for b in shorter.shape]
        assert right(*((shorter, longer[tuple(cut)]) if longer is g else (longer[tuple(cut)], shorter))), text
