"""From Python values to nodes, with the tensors' bytes beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from grader.wire.values import (
    ALIGNMENT,
    DEPTH_LIMIT,
    DIGITS_LIMIT,
    DTYPES,
    NATIVE,
    NODES_LIMIT,
    OPAQUE_LIMIT,
    TEXT_LIMIT,
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

JOINED = 1 << 16  # bytes below which it is faster to copy than to send one by one
SPAN = 4  # an array that reaches over more than so many times its own elements loses its strides

Leaf = Callable[[Any], Tensor | Opaque | None]


class Packer:
    """Collects the tensors of one frame.

    Without `leaf`, values are inputs: NumPy arrays become torch tensors that keep their strides.
    With `leaf`, they are a worker's answer: NumPy arrays stay what they are and everything becomes contiguous. `leaf`
    turns what this module does not know (a torch tensor, an object of the student's own) into a Tensor or an Opaque;
    None means that it cannot be carried."""

    def __init__(self, leaf: Leaf | None = None) -> None:
        self._leaf = leaf
        self._chunks: list[tuple[int, memoryview]] = []
        self._nodes = 0
        self.size = 0  # bytes

    def pack(self, value: Any) -> Packed:
        """`value` as a tree. Raises FrameError where it is too large, too deep or holds what cannot be carried."""
        self._nodes = 0
        return Packed(self._node(value, 0))

    def chunks(self) -> Iterator[tuple[int, memoryview]]:
        """Where each tensor starts, and its bytes; what lies between them is zero."""
        return iter(self._chunks)

    def parts(self) -> list[bytes | memoryview]:
        """The same as pieces that follow each other; large tensors are not copied, and must stay as they are."""
        parts: list[bytes | memoryview] = []
        end = 0
        for start, chunk in self._chunks:
            parts += [bytes(start - end), chunk]
            end = start + len(chunk)
        return [b"".join(parts)] if self.size <= JOINED else parts

    def _node(self, value: Any, depth: int) -> Value:
        self._nodes += 1
        if self._nodes > NODES_LIMIT:
            raise FrameError(f"there are more than {NODES_LIMIT:,} values in it")
        if depth > DEPTH_LIMIT:
            raise FrameError(f"its lists and dicts are nested more than {DEPTH_LIMIT} deep")
        if value is None or type(value) in (bool, float):
            return value  # type: ignore[no-any-return]
        if isinstance(value, np.generic):
            return self._scalar(value)
        if isinstance(value, str) and len(value) <= TEXT_LIMIT:
            return well_formed(value)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, int) and int.bit_length(value) < 4 * DIGITS_LIMIT:
            return _integer(int.__int__(value))
        if isinstance(value, list | tuple):
            kind: Literal["list", "tuple"] = "list" if isinstance(value, list) else "tuple"
            return SequenceNode(kind, [self._node(item, depth + 1) for item in value])
        if isinstance(value, dict) and all(map(_is_key, value)):
            return MappingNode([(self._node(k, depth + 1), self._node(v, depth + 1)) for k, v in value.items()])
        if isinstance(value, np.ndarray) and value.dtype.name in NATIVE and fits(value.shape):
            return self._array(Tensor.of(value, "torch" if self._leaf is None else "numpy"))
        return self._other(value)

    def _scalar(self, value: np.generic) -> Value:
        if isinstance(value, np.bool_ | np.integer) or (isinstance(value, np.floating) and value.itemsize <= 8):
            found = value.item()
            return found if isinstance(found, bool | float) else _integer(found)
        if isinstance(value, np.str_) and len(value) <= TEXT_LIMIT:
            return well_formed(str(value))
        if value.dtype.name in NATIVE:  # complex: msgpack has no such number
            return self._array(Tensor.of(np.asarray(value), "numpy"))
        return self._other(value)

    def _other(self, value: Any) -> Value:
        found = value
        if not isinstance(value, Tensor | Opaque):
            found = self._leaf(value) if self._leaf is not None else None
        if isinstance(found, Tensor) and found.dtype in DTYPES and fits(found.shape):
            return self._array(found)
        if isinstance(found, Opaque):
            return OpaqueNode(_short(found.type), _short(found.text))
        raise FrameError(f"a value of type {_short(type(value).__name__)} cannot be carried")

    def _array(self, tensor: Tensor) -> ArrayRef:
        # Another byte order, or a dtype of a third library under a name that torch has, becomes the carrier here.
        array = np.asarray(tensor.array).astype(DTYPES[tensor.dtype], copy=False)
        flat, strides = _memory(array, keep_strides=self._leaf is None)
        if flat.dtype == np.bool_ and flat.size and flat.view(np.uint8).max() > 1:
            flat = flat.view(np.uint8) != 0
        self.size += -self.size % ALIGNMENT
        start, data = self.size, flat.view(np.uint8).data if flat.size else memoryview(b"")
        self._chunks.append((start, data))
        self.size += len(data)
        return ArrayRef(tensor.kind, tensor.dtype, list(array.shape), start, len(data), tensor.device, strides)


def well_formed(text: str) -> str:
    """`text` as an exact str without lone surrogates, which no encoding carries: they become their escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _short(text: str) -> str:
    return well_formed(text[:OPAQUE_LIMIT])[:OPAQUE_LIMIT]


def _integer(value: int) -> int | BigInt:
    return value if -(2**63) <= value < 2**64 else BigInt(f"{value:x}")


def _is_key(key: Any) -> bool:
    """Whether a dict with this key can be carried."""
    if isinstance(key, tuple):
        return all(map(_is_key, key))
    if isinstance(key, np.generic):
        return isinstance(key, np.bool_ | np.integer | np.str_) or (isinstance(key, np.floating) and key.itemsize <= 8)
    return key is None or isinstance(key, bool | int | float | str)


def _memory(array: NDArray[Any], *, keep_strides: bool) -> tuple[NDArray[Any], list[int] | None]:
    """The array's elements in one dimension, and its strides in elements where they are kept (None: contiguous)."""
    steps = _steps(array) if keep_strides and array.size and not array.flags.c_contiguous else None
    if steps is None:
        return np.ascontiguousarray(array).reshape(-1), None
    span = 1 + sum((size - 1) * step for size, step in zip(array.shape, steps, strict=True))
    if span > SPAN * array.size:
        return np.ascontiguousarray(array).reshape(-1), None
    # What lies between the elements is left out: it may belong to an array that nobody is to see.
    flat = np.zeros(span, array.dtype)
    np.lib.stride_tricks.as_strided(flat, array.shape, [step * array.itemsize for step in steps])[...] = array
    return flat, steps


def _steps(array: NDArray[Any]) -> list[int] | None:
    """The strides in (whole) elements, if no two indices lead to the same element and none leads backwards."""
    steps = [1 if size == 1 else step // array.itemsize for size, step in zip(array.shape, array.strides, strict=True)]
    reach = 0
    for step, size in sorted((step, size) for size, step in zip(array.shape, steps, strict=True) if size > 1):
        if step <= reach:
            return None
        reach += step * (size - 1)
    return steps


__all__ = ["Leaf", "Packer", "well_formed"]
