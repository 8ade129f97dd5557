"""Values that travel: what arrives is what was sent, and what cannot travel is said."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader import wire
from grader.wire.pack import well_formed
from grader.wire.values import DEPTH_LIMIT, DIGITS_LIMIT, DIMENSIONS_LIMIT, NATIVE, NODES_LIMIT, TEXT_LIMIT
from tests.wire.travel import answered, asked, same, split, words

INTEGERS = st.integers() | st.integers(-(2**70), 2**70) | st.integers(-(16**3400), 16**3400)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.none() | st.booleans() | INTEGERS | TEXTS | st.floats(allow_nan=False) | st.tuples(INTEGERS, TEXTS)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.lists(inner, max_size=5).map(tuple) | st.dictionaries(KEYS, inner, max_size=5)
    ),
    max_leaves=20,
)
ARRAYS = st.sampled_from(NATIVE).flatmap(lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0)))


@given(PLAIN)
@settings(max_examples=200, deadline=None)
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    assert same(answered(value), value)
    assert same(asked(value), value)


@pytest.mark.parametrize(
    "value",
    [
        *(0, 1, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64 - 1, 2**64, -(2**64), 10**4000),
        *(math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.7976931348623157e308),
        *("", "\0", "\N{GRINNING FACE}", "e\N{COMBINING ACUTE ACCENT}", "\x1b[31m", "x" * TEXT_LIMIT),
        *([], (), {}, [[], ()], {None: None, True: 1, 2: 3, (1, ("a", None)): {}, 2.5: [], 10**30: 0}),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, int) else f"{value:x}"[:30],
)
def test_edges_arrive_as_they_were(value: Any) -> None:
    assert same(answered(value), value)
    assert same(asked(value), value)


@given(ARRAYS)
@settings(max_examples=200, deadline=None)
def test_arrays_arrive_as_they_were(array: np.ndarray) -> None:
    assert same(answered([array]), [wire.Tensor.of(array, "numpy")])
    assert same(asked({"x": array}), {"x": wire.Tensor.of(array)})  # on its way to become a torch tensor


def test_numpy_s_scalars_become_numbers() -> None:
    sent = [np.bool_(True), np.int8(-3), np.uint64(2**64 - 1), np.float16(0.5), np.float64(-0.0), np.str_("text")]
    assert same(answered(sent), [True, -3, 2**64 - 1, 0.5, -0.0, "text"])
    assert same(answered({np.int64(3): 1, (np.int32(1), 2): 2}), {3: 1, (1, 2): 2})
    (got,) = answered([np.complex64(1 - 2j)])
    assert (got.shape, got.dtype, complex(got.array)) == ((), "complex64", 1 - 2j)
    assert isinstance(answered(np.longdouble(1)), wire.Opaque)


def test_what_only_looks_like_a_plain_value_becomes_one() -> None:
    point = namedtuple("point", "x y")
    colour = enum.IntEnum("colour", {"red": 2**70})

    class Text(str):
        def encode(self, *args: Any) -> bytes:
            return str.encode(self, *args)

    class Share(float):
        pass

    assert same(answered(point(1, 2)), (1, 2))
    assert same(answered(colour.red), 2**70)
    assert same(answered([Text("a"), Share(0.5), OrderedDict(b=1, a=2)]), ["a", 0.5, {"b": 1, "a": 2}])


def test_lone_surrogates_arrive_as_their_escapes() -> None:
    assert answered("a\ud800b\udcff") == "a\\ud800b\\udcff"
    assert asked({"\udc80": "\udc80"}) == {"\\udc80": "\\udc80"}


@given(st.text(st.characters()))
@settings(deadline=None)
def test_every_text_arrives_well_formed(text: str) -> None:
    got = answered(text)
    assert got == well_formed(text)
    got.encode("utf-8")


def packed_records(x: np.ndarray) -> np.ndarray:
    """Records that hold the elements of `x` at distances that are no multiple of their size."""
    records = np.zeros(x.shape, [("value", x.dtype), ("rest", "u1", (3,))])
    records["value"] = x
    return records


VIEWS = {
    "transposed": lambda x: x.T,
    "moved axis": lambda x: np.moveaxis(x, 0, -1),
    "every other row": lambda x: x[::2],
    "every other column": lambda x: x[..., ::2],
    "one column": lambda x: x[..., 1:2],
    "Fortran order": np.asfortranarray,
    "Fortran order of a slice": lambda x: np.asfortranarray(x)[:, 1:],
    "backwards": lambda x: x[::-1],
    "broadcast": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "broadcast scalar": lambda x: np.broadcast_to(x[0, 0], (3, 4)),
    "overlapping windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=0),
    "a far corner": lambda x: np.lib.stride_tricks.as_strided(x, (2, 2), (x.strides[0] * (len(x) - 1), x.itemsize)),
    "empty": lambda x: x[:0, ::2],
    "0-d": lambda x: x[1, 1, ...],
    "new axis": lambda x: x[:, None, ::2],
    "bytes apart": lambda x: packed_records(x)["value"],
    "another byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype),
}


@pytest.mark.parametrize("dtype", ["float64", "int16", "complex64", "bool"])
@pytest.mark.parametrize("name", VIEWS)
def test_views_arrive_with_their_values(name: str, dtype: str) -> None:
    x = (np.arange(42).reshape(6, 7) % 5 * 3).astype(dtype)
    view = VIEWS[name](x)
    native = np.ascontiguousarray(view).astype(dtype).reshape(view.shape)
    got = answered(view)
    assert got.array.flags.c_contiguous
    assert same(got, wire.Tensor.of(native, "numpy"))
    assert same(asked(view), wire.Tensor.of(native))


@pytest.mark.parametrize("name", ["transposed", "moved axis", "every other row", "every other column", "new axis"])
def test_inputs_keep_their_strides(name: str) -> None:
    x = np.arange(42.0).reshape(6, 7)
    view = VIEWS[name](x)
    got = asked(view).array
    where = [axis for axis, size in enumerate(view.shape) if size > 1]  # of one element, a stride means nothing
    assert [got.strides[axis] for axis in where] == [view.strides[axis] for axis in where]


def test_inputs_take_nothing_along_that_lies_between_their_elements() -> None:
    held_out = np.full((50, 8), 7.25)
    held_out[:, ::2] = 1.0
    packer = wire.Packer()
    packed = packer.pack({"X": held_out[:, ::2]})
    _, body = split(wire.encode(wire.Ask("e", packed, 0), packer))
    assert set(np.frombuffer(body)) == {0.0, 1.0}


def test_a_narrow_strip_of_a_large_array_does_not_take_its_size() -> None:
    packer = wire.Packer()
    packer.pack(np.zeros((1000, 100))[:, :2])
    assert packer.size == 16_000


def test_a_worker_s_bools_are_0_or_1() -> None:
    odd = np.array([0, 1, 2, 255], np.uint8).view(np.bool_)
    assert same(answered(odd), wire.Tensor.of(np.array([False, True, True, True]), "numpy"))


def shortly(obj: Any) -> wire.Opaque:
    return wire.Opaque(type(obj).__name__, "so")


@pytest.mark.parametrize(
    "value",
    [
        *({1}, frozenset(), b"bytes", bytearray(3), 1 + 2j, range(3), iter([1]), object(), int, len, ..., slice(2)),
        *(np.array(["a"]), np.array([None]), np.array([1], "M8[s]"), np.zeros(2, [("a", "i4")]), np.longdouble([1])),
        *({frozenset(): 1}, {b"": 2}, {(1, ...): 3}, {int: 4}, 16**DIGITS_LIMIT, "x" * (TEXT_LIMIT + 1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_travel_arrives_as_words_and_is_no_input(value: Any) -> None:
    assert answered([value], shortly) == [wire.Opaque(type(value).__name__, "so")]
    with pytest.raises(wire.FrameError, match="cannot be carried"):
        asked({"x": value})


def test_words_of_a_hostile_repr_are_well_formed_and_short() -> None:
    assert answered(object, lambda obj: wire.Opaque("\ud800" * 500, "\ud800" * 500)) == wire.Opaque(
        ("\\ud800" * 500)[:200], ("\\ud800" * 500)[:200]
    )


def test_an_answer_travels_on_to_be_judged_as_it_came() -> None:
    answer = answered({"x": np.eye(3), "y": object(), 3: (1, 2.5)})
    assert same(asked(answer), answer)


def test_an_array_of_too_many_dimensions_cannot_travel() -> None:
    assert answered(np.zeros([1] * DIMENSIONS_LIMIT)).shape == (1,) * DIMENSIONS_LIMIT
    assert not wire.fits([1] * (DIMENSIONS_LIMIT + 1))


def test_an_empty_array_of_enormous_dimensions_cannot_travel() -> None:
    assert answered(np.empty((0, 1000))).shape == (0, 1000)
    assert isinstance(answered(np.empty((0, 2**40))), wire.Opaque)
    with pytest.raises(wire.FrameError, match="cannot be carried"):
        answered(wire.Tensor(np.empty((0, 2**40)), "float64"))


def test_depth_and_number_are_bounded_alike_on_both_sides() -> None:
    def nested(depth: int) -> Any:
        return [nested(depth - 1)] if depth else 0

    assert answered(nested(DEPTH_LIMIT)) == nested(DEPTH_LIMIT)
    with pytest.raises(wire.FrameError, match="nested more than"):
        wire.Packer(words).pack(nested(DEPTH_LIMIT + 1))
    assert answered([0] * (NODES_LIMIT - 1)) == [0] * (NODES_LIMIT - 1)
    with pytest.raises(wire.FrameError, match="more than 262,144 values"):
        wire.Packer(words).pack([0] * NODES_LIMIT)
    endless: list[Any] = []
    endless += [endless, endless]
    with pytest.raises(wire.FrameError):
        answered(endless)


def test_several_values_share_a_frame() -> None:
    packer = wire.Packer()
    first, second = packer.pack([np.arange(3)]), packer.pack([np.arange(100.0), [0] * (NODES_LIMIT - 3)])
    data = split(wire.encode(wire.JudgeProperty("e", first, second, 0), packer))[1]
    assert same(wire.unpack(first, data, trusted=True), [wire.Tensor.of(np.arange(3))])
    assert same(wire.unpack(second, data, trusted=True)[0], wire.Tensor.of(np.arange(100.0)))


def test_large_arrays_are_not_copied_into_an_answer() -> None:
    array = np.zeros(1 << 16)
    packer = wire.Packer(words)
    frame = wire.encode(wire.Answer(packer.pack([np.ones(3), array])), packer)
    assert any(np.shares_memory(np.frombuffer(part, np.uint8), array) for part in frame.parts if len(part))
    assert same(answered([np.ones(3), array])[1].array, array)
