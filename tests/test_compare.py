"""The tolerance: relative to scales, in units of the dtype, exact for whole numbers; and what may stand for what."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from grader.compare import TOLERANCE, Agreement, Comparison, Measure, Mismatch, scale_of
from grader.compare.measure import BLOCK, EXACT
from grader.wire import Opaque, Tensor

FLOATS = ("float64", "float32")
SIZES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-3)


def compare(expected: Any, got: Any, **how: Any) -> Agreement:
    """One output, named "out"."""
    return Comparison(**how)({"out": tensor(expected)}, {"out": tensor(got)})


def tensor(value: Any) -> Any:
    """Arrays become tensors, in lists and dicts too."""
    if isinstance(value, np.ndarray):
        return Tensor.of(value)
    if isinstance(value, dict):
        return {key: tensor(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(tensor, value))
    return value


def kind(expected: Any, got: Any, **how: Any) -> Mismatch | None:
    """The kind of the first difference, None where there is none."""
    found = compare(expected, got, **how)
    return found.differences[0].kind if found.differences else None


def floats(dtype: str = "float64", shape: Any = SIZES) -> Any:
    """Arrays of numbers that are 0 or not too small beside each other."""
    return arrays.arrays(dtype, shape, elements=NUMBERS.map(lambda x: float(np.float32(x))))


# -- tolerance ---------------------------------------------------------------------------------------------------------


@given(floats())
def test_what_is_expected_is_right(x: NDArray[Any]) -> None:
    found = compare(x, x.copy())
    assert found.ok and found.error == 0


@given(arrays.arrays(np.float64, SIZES, elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_nan_and_infinities_are_right_where_they_are_expected(x: NDArray[Any]) -> None:
    assert compare(x, x.copy()).ok


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_an_error_is_measured_by_its_row(dtype: str, data: st.DataObject) -> None:
    x = data.draw(floats(dtype, st.tuples(st.integers(1, 4), st.integers(1, 4)))).clip(-1000, 1000)
    row = data.draw(st.integers(0, len(x) - 1))
    column = data.draw(st.integers(0, x.shape[1] - 1))
    x[row, 0], limit = 100.0, TOLERANCE[dtype]  # no row of noise beside the others
    scale = float(np.abs(x[row]).max())
    for share, right in ((0.5, True), (2.0, False)):
        wrong = x.astype(np.float64)
        wrong[row, column] += share * limit * max(scale, 1e-3 * float(np.abs(x).max()))
        found = Comparison().measure(dtype, dtype)
        assert found.fits(x, wrong) is right
        assert found.wrong(x, wrong).sum() == (not right)
        assert math.isclose(found.error(x, wrong)[0], share * limit, rel_tol=1e-3)


@given(floats(), st.integers(-40, 40))
def test_units_do_not_matter(x: NDArray[Any], power: int) -> None:
    noise = np.resize([1.0, -0.5, 0.25, 0.0], x.shape) * 1e-7 * np.abs(x)
    unit = 2.0**power
    first = Comparison(input_scale=1e9).measure("float64", "float64").error(x, x + noise)[0]
    second = Comparison(input_scale=1e9 * unit).measure("float64", "float64").error(x * unit, (x + noise) * unit)[0]
    assert first == second


@given(floats("float64", arrays.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=5)), st.randoms())
def test_the_order_of_rows_does_not_matter(x: NDArray[Any], random: Any) -> None:
    order = random.sample(range(len(x)), len(x))
    got = x + 1e-7 * np.arange(x.size).reshape(x.shape)
    measure = Comparison().measure("float64", "float64")
    assert measure.error(x, got)[0] == measure.error(x[order], got[order])[0]


def test_a_small_row_is_measured_by_itself_and_not_by_its_neighbours() -> None:
    x = np.array([[1000.0, 2000.0], [1.0, 5.0]])
    assert kind(x, x + np.array([[0, 0], [0, 1e-5]])) is Mismatch.VALUES
    assert kind(x, x + np.array([[0, 1e-5], [0, 0]])) is None


def test_what_is_zero_but_for_rounding_is_measured_by_the_inputs() -> None:
    noise = 3e-17 * np.array([1.0, -2.0, 1.5])
    assert compare(noise, -noise).ok
    assert compare(noise, np.zeros(3)).ok
    assert compare(np.zeros(3), noise).ok
    assert kind(noise, noise + 1e-6) is Mismatch.VALUES
    assert compare(np.zeros(3), np.full(3, 1e-6), input_scale=100.0).ok
    assert compare(np.float64(2e-17) + np.zeros(()), np.zeros(())).ok


def test_a_small_output_of_large_inputs_is_no_rounding() -> None:
    x = 1e-8 * np.array([1.0, -2.0, 1.5])
    assert kind(x, np.zeros(3), input_scale=255.0) is Mismatch.VALUES
    y = 1e-3 * np.array([1.0, -2.0, 1.5], np.float32)
    assert kind(y, np.zeros(3, np.float32), input_scale=255.0) is Mismatch.VALUES


@pytest.mark.parametrize("dtype", FLOATS)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_row_that_cancels_may_hold_the_rounding_of_the_others(dtype: str, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((4, 50)).astype(dtype)
    x -= x.mean(axis=1, keepdims=True)  # so that the sum of each row is 0, but for rounding
    sums = np.stack([x.sum(axis=1), x[:, ::-1].cumsum(axis=1)[:, -1], np.abs(x).sum(axis=1)])
    other = np.stack([x[:, ::-1].cumsum(axis=1)[:, -1], x.sum(axis=1), np.abs(x).sum(axis=1)])
    assert compare(sums, other).ok
    assert kind(sums, other + np.array([[1e-3], [0], [0]], dtype)) is Mismatch.VALUES


@pytest.mark.parametrize("dtype", FLOATS)
def test_half_the_digits_never_pass(dtype: str) -> None:
    x = np.random.default_rng(3).standard_normal((20, 30)).astype(dtype)
    half = {"float64": "float32", "float32": "float16"}[dtype]
    blurred = (x.astype(half) @ x.T.astype(half)).astype(dtype)
    assert kind(x @ x.T, blurred) is Mismatch.VALUES


def test_a_tolerance_of_the_exercise_wins() -> None:
    x = np.array([1.0, 2.0])
    assert compare(x, x * 1.001, tolerance=1e-2).ok
    assert kind(x, x * (1 + 1e-9), tolerance=1e-10) is Mismatch.VALUES


# -- what is not finite ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "got", "wanted"),
    [
        ([1.0, np.nan], [1.0, np.nan], None),
        ([1.0, np.inf], [1.0, np.inf], None),
        ([1.0, np.inf], [1.0, -np.inf], Mismatch.VALUES),
        ([1.0, np.inf], [1.0, np.nan], Mismatch.VALUES),
        ([1.0, np.inf], [1.0, 1e300], Mismatch.VALUES),
        ([1.0, np.nan], [1.0, 0.0], Mismatch.VALUES),
        ([1.0, 2.0], [1.0, np.nan], Mismatch.NOT_FINITE),
        ([1.0, 2.0], [1.0, np.inf], Mismatch.NOT_FINITE),
        ([np.inf, 2.0], [np.inf, np.nan], Mismatch.NOT_FINITE),
        ([1e308, 2.0], [-1e308, 2.0], Mismatch.VALUES),
        ([np.nan, np.nan], [np.nan, np.nan], None),
        ([np.inf], [np.inf], None),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_nan_and_infinity(expected: list[float], got: list[float], wanted: Mismatch | None, dtype: str) -> None:
    found = compare(np.array(expected, dtype), np.array(got, dtype))
    assert (found.differences[0].kind if found.differences else None) is wanted
    assert (found.error == 0) is (wanted is None)


# -- whole numbers -----------------------------------------------------------------------------------------------------


@given(st.integers(-(2**63), 2**64 - 1), st.integers(-(2**63), 2**64 - 1))
def test_integers_are_compared_exactly(a: int, b: int) -> None:
    def array(n: int) -> NDArray[Any]:
        return np.array([7, n], np.int64 if n < 2**63 else np.uint64)

    for x, y in ((array(a), array(b)), (a, b)):
        assert compare(x, y).ok is (a == b)
        assert (compare(x, y).error == 0) is (a == b)


@given(st.integers(-(2**200), 2**200), st.integers(-1, 1))
def test_python_integers_of_any_size(n: int, off: int) -> None:
    assert compare(n, n + off).ok is (off == 0)


@pytest.mark.parametrize("n", [2**53, 2**53 + 1, 2**60 + 1, -(2**53) - 1])
def test_a_float_is_not_taken_for_a_large_integer_beside_it(n: int) -> None:
    found = compare(np.array([n]), np.array([float(n)]), any_dtype=True)
    assert (found.error == 0) is (int(float(n)) == n)
    assert abs(n) >= EXACT


def test_whole_numbers_that_became_floats_are_rounded_and_no_more() -> None:
    n = np.array([100_000_000])
    assert compare(n, n.astype(np.float64), any_dtype=True).ok
    assert kind(n, n + 1.0, any_dtype=True) is Mismatch.VALUES
    assert compare(np.array([16_777_217]), np.array([16_777_216], np.float32), any_dtype=True).ok
    assert kind(np.array([True]), np.array([0.999]), any_dtype=True) is Mismatch.VALUES


def test_no_tolerance_makes_whole_numbers_loose() -> None:
    assert kind(np.array([1000]), np.array([1001]), tolerance=0.1) is Mismatch.VALUES


# -- what may stand for what -------------------------------------------------------------------------------------------

ONE, FLAG = np.ones((), np.int64), np.ones((), np.bool_)
STANDS_FOR = {
    "an int for a 0-d tensor": (ONE, 1, None),
    "a 0-d tensor for an int": (1, ONE, None),
    "another width of integer": (ONE, ONE.astype(np.uint8), None),
    "a bool for a 0-d tensor": (FLAG, True, None),
    "a float for a 0-d tensor": (np.array(0.5), 0.5, None),
    "a 0-d tensor for a float": (0.5, np.array(0.5), None),
    "a 0-d float32 for a float": (0.1, np.array(0.1, np.float32), None),
    "a tuple for a list": ([1, 2], (1, 2), None),
    "floats for 0-d tensors in a list": ([np.array(0.5), np.array(1.5)], [0.5, 1.5], None),
    "nothing": (None, None, None),
    "text": ("a", "a", None),
    "another text": ("a", "b", Mismatch.VALUES),
    "an object": (Opaque("dtype", "torch.int64"), Opaque("dtype", "torch.int64"), None),
    "another object": (Opaque("dtype", "torch.int64"), Opaque("dtype", "torch.int32"), Mismatch.VALUES),
    "an object for a number": (1, Opaque("Loss", "<Loss>"), Mismatch.KIND),
    "a bool for an int": (ONE, True, Mismatch.DTYPE),
    "an int for a bool": (True, 1, Mismatch.DTYPE),
    "a float for an int": (1, 1.0, Mismatch.DTYPE),
    "an int for a float": (1.0, 1, Mismatch.DTYPE),
    "a float32 tensor for float64": (np.array([0.5]), np.array([0.5], np.float32), Mismatch.DTYPE),
    "complex for float": (np.array([0.5]), np.array([0.5 + 0j]), Mismatch.DTYPE),
    "one entry for a number": (0.5, np.array([0.5]), Mismatch.SHAPE),
    "a list for a tensor": (np.array([0.5]), [0.5], Mismatch.KIND),
    "a tensor for a list": ([0.5], np.array([0.5]), Mismatch.KIND),
    "a dict for a tensor": (np.array([0.5]), {"x": 0.5}, Mismatch.KIND),
    "text for a tensor": (np.array([0.5]), "0.5", Mismatch.KIND),
    "a number for text": ("0.5", 0.5, Mismatch.KIND),
    "a list for a dict": ({"x": 0.5}, [0.5], Mismatch.KIND),
    "None for a tensor": (np.array([0.5]), None, Mismatch.NONE),
    "a tensor for None": (None, np.array([0.5]), Mismatch.KIND),
    "a shorter list": ([1.0, 2.0], [1.0], Mismatch.SHAPE),
    "a list of other kinds": ([1.0, "a"], [1.0, "a"], None),
    "nothing in a list": ([], [], None),
    "nothing in a tensor": (np.zeros((0, 3)), np.zeros((0, 3)), None),
    "nothing of another shape": (np.zeros((0, 3)), np.zeros((3, 0)), Mismatch.SHAPE),
    "nothing of another dtype": (np.zeros((0, 3)), np.zeros((0, 3), np.float32), Mismatch.DTYPE),
}


@pytest.mark.parametrize("what", STANDS_FOR)
def test_what_may_stand_for_what(what: str) -> None:
    expected, got, wanted = STANDS_FOR[what]
    assert kind(expected, got) is wanted


@pytest.mark.parametrize("what", ["a float for an int", "a float32 tensor for float64", "complex for float"])
def test_any_dtype_asks_for_the_values_alone(what: str) -> None:
    expected, got, _ = STANDS_FOR[what]
    assert kind(expected, got, any_dtype=True) is None


@pytest.mark.parametrize(("dtype", "within", "beyond"), [("float16", 1.004, 1.03), ("bfloat16", 1.02, 1.2)])
def test_half_precision_is_taken_where_it_is_allowed(dtype: str, within: float, beyond: float) -> None:
    x = np.linspace(1, 2, 9, dtype=np.float32)
    expected = Tensor.of(x)

    def answer(factor: float) -> Tensor:
        return Tensor((x * np.float32(factor)).astype(np.float16 if dtype == "float16" else np.float32), dtype)

    assert kind(expected, answer(1.0)) is Mismatch.DTYPE
    assert kind(expected, answer(within), half=True) is None
    assert kind(expected, answer(beyond), half=True) is Mismatch.VALUES
    assert kind(expected, Tensor.of(x * np.float32(within)), half=True) is Mismatch.VALUES  # float32 is float32


def test_any_dtype_gives_float32_the_tolerance_of_float32() -> None:
    x = np.array([0.1, 3.14])
    assert compare(x, x.astype(np.float32) * np.float32(1.000001), any_dtype=True).ok
    assert kind(x, x * 1.000001, any_dtype=True) is Mismatch.VALUES


def test_a_list_of_numbers_is_one_difference_and_each_number_has_its_own_scale() -> None:
    (found,) = compare([1000.0, 1.0, 2.0], [1000.0, 1.00001, 2.00002]).differences
    assert (found.path, found.kind) == ("out", Mismatch.VALUES)
    assert found.measure is not None
    assert found.measure.wrong(np.array(found.expected), np.array(found.got)).tolist() == [False, True, True]
    assert kind([2**70, 1], [2**70, 2]) is Mismatch.VALUES
    assert [d.path for d in compare([2**70, 1], [2**70, 2]).differences] == ["out[1]"]


def test_paths_name_the_part_that_differs() -> None:
    found = compare({"W": [np.ones(2), np.ones(3)], 7: 1.0}, {"W": [np.ones(2), np.zeros(3)], 7: 2.0, "b": 0})
    assert [(d.path, d.kind) for d in found.differences] == [
        ("out['W'][1]", Mismatch.VALUES),
        ("out[7]", Mismatch.VALUES),
        ("out['b']", Mismatch.EXTRA),
    ]
    assert [d.safe_path for d in found.differences] == ["out['W'][1]", "out[...]", "out['b']"]


def test_what_a_stranger_sends_is_bounded() -> None:
    answer = {"out": {f"{'k' * 1000}{i}": i for i in range(5000)}}
    found = Comparison()({"out": {}}, answer)
    assert len(found.differences) == 1000
    assert max(len(d.path) for d in found.differences) < 100


# -- size --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3 * BLOCK + 7,), (2, BLOCK + 5), (BLOCK + 3, 2), (5, 7, BLOCK // 10)])
def test_large_arrays_are_measured_in_parts(shape: tuple[int, ...]) -> None:
    x = np.ones(shape)
    measure = Measure(1e-7)
    assert measure.error(x, x)[0] == 0
    for at in ((0,) * len(shape), tuple(size - 1 for size in shape), tuple(size // 2 for size in shape)):
        wrong = x.copy()
        wrong[at] = 3.0
        assert measure.error(x, wrong) == (2.0, 1.0)
        assert np.argwhere(measure.wrong(x, wrong)).tolist() == [list(at)]


def test_a_large_answer_costs_little_memory() -> None:
    x = np.ones((4000, 1000), np.float32)
    y = x.copy()
    tracemalloc.start()
    try:
        assert compare(x, y).ok
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes


def test_the_scale_of_inputs_is_that_of_their_finite_floats() -> None:
    inputs = {"x": np.array([1.0, -3.0, np.inf, np.nan]), "n": np.array([99]), "more": [Tensor.of(np.array([[-7.0]]))]}
    assert scale_of(inputs) == 7.0
    assert scale_of({"k": 5, "empty": np.zeros(0)}) == 0.0
