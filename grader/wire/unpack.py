"""From nodes to Python values. What a stranger sent is checked on the way; nothing is copied."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.wire.values import (
    ALIGNMENT,
    DEPTH_LIMIT,
    DTYPES,
    NODES_LIMIT,
    ArrayRef,
    BigInt,
    FrameError,
    MappingNode,
    Opaque,
    OpaqueNode,
    Packed,
    SequenceNode,
    Tensor,
    Value,
    fits,
)

Data = bytes | bytearray | memoryview

ALIKE = 256  # keys of one dict with the same hash: every 61st power of two has the same

_device = re.compile(r"[a-z]{1,16}(:[0-9]{1,3})?\Z")


def unpack(packed: Packed, data: Data, *, trusted: bool = False) -> Any:
    """The value with every tensor as a Tensor that views `data`. Raises FrameError where one does not fit it.

    What comes from a stranger must be contiguous tensors that fill `data` one after the other, so that a small frame
    cannot stand for large arrays, nor a small array keep a large frame. `trusted`: strides are allowed, and several
    values may share `data`."""
    unpacker = _Unpacker(memoryview(data).cast("B") if len(data) else memoryview(b""), trusted)
    value = unpacker.value(packed.value, 0)
    if not trusted and unpacker.end != len(data):
        raise FrameError("there are bytes that belong to no tensor")
    return value


class _Unpacker:
    def __init__(self, data: memoryview, trusted: bool) -> None:
        self.data = data
        self.trusted = trusted
        self.end = 0
        self.nodes = 0

    def value(self, node: Value, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > NODES_LIMIT:
            raise FrameError(f"there are more than {NODES_LIMIT:,} values in it")
        if depth > DEPTH_LIMIT:
            raise FrameError(f"its lists and dicts are nested more than {DEPTH_LIMIT} deep")
        if isinstance(node, ArrayRef):
            return self.tensor(node)
        if isinstance(node, SequenceNode):
            items = [self.value(item, depth + 1) for item in node.items]
            return items if node.kind == "list" else tuple(items)
        if isinstance(node, MappingNode):
            return _mapping([(self.value(k, depth + 1), self.value(v, depth + 1)) for k, v in node.items])
        if isinstance(node, BigInt):
            return int(node.digits, 16)
        if isinstance(node, OpaqueNode):
            return Opaque(node.name, node.text)
        return node

    def tensor(self, ref: ArrayRef) -> Tensor:
        carrier = DTYPES.get(ref.dtype)
        if carrier is None:
            raise FrameError("a tensor has a dtype that torch does not know")
        if not _device.match(ref.device):
            raise FrameError("a tensor has a device that torch does not know")
        if not fits(ref.shape):
            raise FrameError("a tensor's shape is out of bounds")
        if ref.start % ALIGNMENT or ref.start + ref.nbytes > len(self.data):
            raise FrameError("a tensor lies outside its frame")
        if not self.trusted and (ref.strides is not None or ref.start != self.end + -self.end % ALIGNMENT):
            raise FrameError("a tensor does not lie behind the one before it")
        self.end = ref.start + ref.nbytes
        dtype = np.dtype(carrier)
        if ref.nbytes != _span(ref) * dtype.itemsize:
            raise FrameError("a tensor's shape does not fit its bytes")
        flat: NDArray[Any] = np.frombuffer(self.data[ref.start : self.end], dtype=dtype)
        if dtype == np.bool_ and flat.size and flat.view(np.uint8).max() > 1:
            raise FrameError("a bool is neither 0 nor 1")
        if ref.strides is None:
            array = flat.reshape(ref.shape)
        else:
            array = np.lib.stride_tricks.as_strided(flat, ref.shape, [step * dtype.itemsize for step in ref.strides])
        return Tensor(array, ref.dtype, ref.kind, ref.device)


def _span(ref: ArrayRef) -> int:
    """The number of elements between a tensor's first and its last, both counted."""
    count = math.prod(ref.shape)
    if ref.strides is None:
        return count
    if len(ref.strides) != len(ref.shape) or count == 0:
        raise FrameError("a tensor's strides do not fit its shape")
    return 1 + sum((size - 1) * step for size, step in zip(ref.shape, ref.strides, strict=True))


def _mapping(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    keys = [key for key, _ in pairs]
    if not all(map(_is_key, keys)):
        raise FrameError("a dict has a key that is no number, text or tuple of such")
    if len(keys) > ALIKE and max(Counter(map(hash, keys)).values()) > ALIKE:  # telling them apart could take hours
        raise FrameError("a dict has keys that were made to collide")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FrameError("a dict has a key twice")
    return found


def _is_key(key: Any) -> bool:
    if isinstance(key, tuple):
        return all(map(_is_key, key))
    return key is None or isinstance(key, bool | int | float | str)


__all__ = ["Data", "unpack"]
