"""Values as they stand in a message: a tree of typed nodes, with the tensors' bytes beside it.

FrameError      what arrived is no frame or no message, or what should leave cannot be carried; the sentence says why
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

NODES_LIMIT = 1 << 18  # values in a tree: lists, dicts, and every item and key of them
DEPTH_LIMIT = 50  # containers inside each other
TEXT_LIMIT = 1 << 20  # characters of one string
DIGITS_LIMIT = 3_500  # hexadecimal digits of one int: Python refuses to print more than 4,300 decimal ones
OPAQUE_LIMIT = 200  # characters of an opaque object's type and of its text
DIMENSIONS_LIMIT = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32  # NumPy's own
SIZE_LIMIT = 1 << 29  # elements of one tensor, dimensions of size 0 left out
ALIGNMENT = 64  # bytes

INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NATIVE = (*INTEGERS, "float16", "float32", "float64", "complex64", "complex128")
# How torch's other dtypes travel: those with values of their own are carried by a wider dtype, which holds each value
# exactly; those that torch itself cannot convert are carried as the bits that they are.
VALUES = {
    "bfloat16": "float32",
    "float8_e4m3fn": "float32",
    "float8_e4m3fnuz": "float32",
    "float8_e5m2": "float32",
    "float8_e5m2fnuz": "float32",
    "float8_e8m0fnu": "float32",
    "complex32": "complex64",
}
QUANTIZED = dict.fromkeys(("qint8", "quint8", "qint32", "quint4x2", "quint2x4"), "float32")
BITS = {
    **{f"{sign}int{width}": "uint8" for sign in ("", "u") for width in range(1, 8)},
    **dict.fromkeys(("bits8", "bits1x8", "bits2x4", "bits4x2", "float4_e2m1fn_x2"), "uint8"),
    "bits16": "uint16",
}
DTYPES = {**{name: name for name in NATIVE}, **VALUES, **QUANTIZED, **BITS}


class FrameError(Exception):
    """What arrived is not a frame or not a message that we know, or what should leave cannot be carried."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor or NumPy array on the judge's side. `dtype` is the name it has for its owner, `array` its values."""

    array: NDArray[Any]
    dtype: str
    kind: Literal["torch", "numpy"] = "torch"
    device: str = "cpu"

    @classmethod
    def of(cls, array: NDArray[Any], kind: Literal["torch", "numpy"] = "torch") -> Tensor:
        """A NumPy array under its own dtype."""
        return cls(array, array.dtype.name, kind)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape


@dataclass(frozen=True)
class Opaque:
    """An object that cannot travel: what it is, in words."""

    type: str
    text: str


Length = Annotated[int, msgspec.Meta(ge=0)]
Shape = Annotated[list[Length], msgspec.Meta(max_length=DIMENSIONS_LIMIT)]


# Nodes stand in a message as arrays, which are shorter than maps. The limits on lengths are checked by msgspec before
# it makes room for a list.


class ArrayRef(msgspec.Struct, tag="array", array_like=True, forbid_unknown_fields=True):
    """A tensor's place among the frame's bytes. `strides`, in elements, where it is not contiguous: in inputs only."""

    kind: Literal["torch", "numpy"]
    dtype: str
    shape: Shape
    start: Length
    nbytes: Length
    device: str = "cpu"
    strides: Shape | None = None


class SequenceNode(msgspec.Struct, tag="sequence", array_like=True, forbid_unknown_fields=True):
    """A list or a tuple."""

    kind: Literal["list", "tuple"]
    items: Annotated[list[Value], msgspec.Meta(max_length=NODES_LIMIT)]


class MappingNode(msgspec.Struct, tag="mapping", array_like=True, forbid_unknown_fields=True):
    """A dict, as pairs, since keys may be numbers."""

    items: Annotated[list[tuple[Value, Value]], msgspec.Meta(max_length=NODES_LIMIT)]


class BigInt(msgspec.Struct, tag="int", array_like=True, forbid_unknown_fields=True):
    """An int beyond 64 bits, in hexadecimal."""

    digits: Annotated[str, msgspec.Meta(max_length=DIGITS_LIMIT, pattern=r"^-?[0-9a-f]+\Z")]


class OpaqueNode(msgspec.Struct, tag="opaque", array_like=True, forbid_unknown_fields=True):
    """See Opaque."""

    name: Annotated[str, msgspec.Meta(max_length=OPAQUE_LIMIT)]
    text: Annotated[str, msgspec.Meta(max_length=OPAQUE_LIMIT)]


Value = None | bool | int | float | str | ArrayRef | SequenceNode | MappingNode | BigInt | OpaqueNode


class Packed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A value as it stands in a message."""

    value: Value


def fits(shape: Sequence[int]) -> bool:
    """Whether a tensor of this shape can be carried. An empty one may not have enormous other dimensions either, since
    whoever reduces over the empty one would be handed them."""
    return len(shape) <= DIMENSIONS_LIMIT and math.prod(size or 1 for size in shape) <= SIZE_LIMIT
