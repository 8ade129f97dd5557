"""Values as they stand in a message: a tree of typed nodes, with the tensors' bytes beside it.

FrameError      what arrived is no frame or no message; the sentence says why
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

DIMENSIONS_LIMIT = 64  # torch's own
TEXT_LIMIT = 1 << 20  # characters of one string in an answer
ALIGNMENT = 64  # bytes

# How torch's dtypes travel: those that NumPy does not have are carried by a wider one and keep their name.
CARRIERS = {
    "bfloat16": "float32",
    "float8_e4m3fn": "float32",
    "float8_e4m3fnuz": "float32",
    "float8_e5m2": "float32",
    "float8_e5m2fnuz": "float32",
    "float8_e8m0fnu": "float32",
    "complex32": "complex64",
    "qint8": "float32",
    "quint8": "float32",
    "qint32": "float32",
}
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NATIVE = (*INTEGERS, "float16", "float32", "float64", "complex64", "complex128")
DTYPES = {**{name: name for name in NATIVE}, **CARRIERS}


class FrameError(Exception):
    """What arrived is not a frame, or not a message that we know."""


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


class ArrayRef(msgspec.Struct, tag="array"):
    """A tensor's place among the frame's bytes. `strides`, in elements, where it is not contiguous."""

    kind: Literal["torch", "numpy"]
    dtype: str
    shape: list[int]
    start: int
    nbytes: int
    device: str = "cpu"
    strides: list[int] | None = None


class SequenceNode(msgspec.Struct, tag="sequence"):
    """A list or a tuple."""

    kind: Literal["list", "tuple"]
    items: list[Value]


class MappingNode(msgspec.Struct, tag="mapping"):
    """A dict, as pairs, since keys may be numbers."""

    items: list[tuple[Value, Value]]


class BigInt(msgspec.Struct, tag="int"):
    """An int beyond 64 bits, in hexadecimal."""

    digits: str


class OpaqueNode(msgspec.Struct, tag="opaque"):
    """See Opaque."""

    name: str
    text: str


Value = None | bool | int | float | str | ArrayRef | SequenceNode | MappingNode | BigInt | OpaqueNode


class Packed(msgspec.Struct):
    """A value as it stands in a message."""

    value: Value


class Packer:
    """Collects the bytes of the tensors of one frame.

    `tensor(obj)` turns a leaf that this module does not know (a torch tensor) into a Tensor, or returns None."""

    def __init__(self, tensor: Callable[[Any], Tensor | None] = lambda leaf: None) -> None:
        self._tensor = tensor
        self.chunks: list[memoryview | bytes] = []
        self.size = 0

    def pack(self, value: Any) -> Packed:
        """`value` as a tree whose tensors stand in `chunks`. Containers may not be nested deeper than 50."""
        return Packed(self._node(value, 0))

    def _node(self, value: Any, depth: int) -> Value:
        if depth > 50:
            return OpaqueNode(type(value).__name__, "nested too deeply")
        if value is None or type(value) in (bool, float):
            return value  # type: ignore[no-any-return]
        if type(value) is str:
            return value[:TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")
        if type(value) is int:
            return value if -(2**63) <= value < 2**64 else BigInt(f"{value:x}"[:10_000])
        if isinstance(value, list | tuple):
            kind: Literal["list", "tuple"] = "list" if isinstance(value, list) else "tuple"
            return SequenceNode(kind, [self._node(item, depth + 1) for item in value])
        if isinstance(value, dict):
            return MappingNode([(self._node(k, depth + 1), self._node(v, depth + 1)) for k, v in value.items()])
        if isinstance(value, np.generic):
            return self._node(value.item(), depth + 1)
        if isinstance(value, np.ndarray) and value.dtype.name in DTYPES:
            return self._array(Tensor.of(value))
        found = value if isinstance(value, Tensor) else self._tensor(value)
        if found is not None:
            return self._array(found)
        return OpaqueNode(_type_name(value), _text(value))

    def _array(self, tensor: Tensor) -> ArrayRef:
        flat, strides = _memory(tensor.array)
        self.size += -self.size % ALIGNMENT
        start, data = self.size, flat.view(np.uint8).data if flat.size else b""
        self.chunks.append(data)
        self.size += len(data)
        return ArrayRef(tensor.kind, tensor.dtype, list(tensor.shape), start, len(data), tensor.device, strides)

    def bytes(self) -> bytearray:
        """All tensors, each at a multiple of 64 bytes."""
        out = bytearray(self.size)
        at = 0
        for chunk in self.chunks:
            at += -at % ALIGNMENT
            out[at : at + len(chunk)] = chunk
            at += len(chunk)
        return out


def unpack(packed: Packed, data: bytes | bytearray | memoryview) -> Any:
    """The value with every tensor as a Tensor that views `data`; raises FrameError where one does not fit it."""
    try:
        return _unpack(packed.value, memoryview(data).cast("B") if len(data) else memoryview(b""), 0)
    except RecursionError:
        raise FrameError("containers are nested too deeply") from None


def _unpack(node: Value, data: memoryview, depth: int) -> Any:
    if depth > 60:
        raise FrameError("containers are nested too deeply")
    if isinstance(node, ArrayRef):
        return _view(node, data)
    if isinstance(node, SequenceNode):
        items = [_unpack(item, data, depth + 1) for item in node.items]
        return items if node.kind == "list" else tuple(items)
    if isinstance(node, MappingNode):
        pairs = [(_unpack(key, data, depth + 1), _unpack(value, data, depth + 1)) for key, value in node.items]
        if not all(_is_key(key) for key, _ in pairs):
            raise FrameError("a dict has a key that is no number, text or tuple of such")
        return dict(pairs)
    if isinstance(node, BigInt):
        if len(node.digits) > 10_000:
            raise FrameError("an int has too many digits")
        try:
            return int(node.digits, 16)
        except ValueError:
            raise FrameError("an int is not written in hexadecimal") from None
    if isinstance(node, OpaqueNode):
        return Opaque(node.name[:200], node.text[:200])
    return node


def _view(ref: ArrayRef, data: memoryview) -> Tensor:
    if ref.dtype not in DTYPES:
        raise FrameError(f"no tensor has the dtype {ref.dtype[:40]!r}")
    if len(ref.shape) > DIMENSIONS_LIMIT or any(not 0 <= size < 2**48 for size in ref.shape):
        raise FrameError("a tensor's shape is out of bounds")
    dtype = np.dtype(DTYPES[ref.dtype])
    if len(ref.device) > 20:
        raise FrameError("a device has too long a name")
    if not (0 <= ref.start and 0 <= ref.nbytes and ref.start + ref.nbytes <= len(data)) or ref.start % ALIGNMENT:
        raise FrameError("a tensor lies outside its frame")
    count = math.prod(ref.shape)
    strides = ref.strides
    if strides is None:
        if count * dtype.itemsize != ref.nbytes:
            raise FrameError("a tensor's shape does not fit its bytes")
    else:
        if len(strides) != len(ref.shape) or any(not 0 <= step < 2**48 for step in strides) or count == 0:
            raise FrameError("a tensor's strides are out of bounds")
        last = sum((size - 1) * step for size, step in zip(ref.shape, strides, strict=True))
        if (last + 1) * dtype.itemsize != ref.nbytes:
            raise FrameError("a tensor's strides do not fit its bytes")
    if len(ref.shape) > 32 and count:  # NumPy 1 stops at 32 dimensions
        raise FrameError("a tensor has more than 32 dimensions")
    flat: NDArray[Any] = np.frombuffer(data[ref.start : ref.start + ref.nbytes], dtype=dtype)
    if dtype == np.bool_ and flat.size and flat.view(np.uint8).max() > 1:
        raise FrameError("a bool is neither 0 nor 1")
    if strides is None:
        array = flat.reshape(ref.shape)
    else:
        array = np.lib.stride_tricks.as_strided(flat, ref.shape, [step * dtype.itemsize for step in strides])
    return Tensor(array, ref.dtype, ref.kind, ref.device)


def _memory(array: NDArray[Any]) -> tuple[NDArray[Any], list[int] | None]:
    """The elements that the array spans in memory, as one dimension, and its strides in elements (None: contiguous)."""
    strides = [step // array.itemsize if array.itemsize else 0 for step in array.strides]
    regular = (
        array.size
        and all(step >= 0 and step % array.itemsize == 0 for step in array.strides)
        and not any(step == 0 and size > 1 for step, size in zip(strides, array.shape, strict=True))
    )
    if array.flags.c_contiguous or not regular:
        return np.ascontiguousarray(array).reshape(-1), None
    span = 1 + sum((size - 1) * step for size, step in zip(array.shape, strides, strict=True))
    if span > 4 * array.size:
        return np.ascontiguousarray(array).reshape(-1), None
    return np.lib.stride_tricks.as_strided(array, (span,), (array.itemsize,)).copy(), strides


def _is_key(key: Any) -> bool:
    if isinstance(key, tuple):
        return all(_is_key(part) for part in key)
    return key is None or isinstance(key, bool | int | float | str)


def _type_name(value: Any) -> str:
    return str(getattr(type(value), "__name__", "object"))[:200]


def _text(value: Any) -> str:
    try:
        return repr(value)[:200].encode("utf-8", "replace").decode("utf-8")
    except Exception:
        return "an object whose repr() fails"
