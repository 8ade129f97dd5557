"""Torch tensors as wire.Tensor, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from grader import wire


def to_wire(leaf: Any) -> wire.Tensor | None:
    """A tensor of any dtype, layout and device as plain memory, its own where that will do; None for what is no tensor,
    or has no values to show."""
    if not isinstance(leaf, torch.Tensor):
        return None
    tensor, device = leaf.detach(), str(leaf.device)
    name = str(tensor.dtype).removeprefix("torch.")
    carrier = wire.DTYPES.get(name)
    try:
        if carrier is None or not wire.fits(tensor.shape):
            return None
        if name in wire.QUANTIZED:
            tensor = tensor.dequantize()
        elif name in wire.BITS:
            tensor = tensor.view(getattr(torch, carrier))
        elif name != carrier:
            tensor = tensor.to(getattr(torch, carrier))
        if tensor.layout != torch.strided:
            tensor = tensor.to_dense()
        array = tensor.resolve_conj().resolve_neg().cpu().contiguous().numpy()
    except (RuntimeError, TypeError, ValueError):  # on the meta device, or jagged
        return None
    return wire.Tensor(array, name, "torch", device)


def to_leaf(leaf: Any) -> wire.Tensor | wire.Opaque:
    """Whatever an answer may hold beside numbers, text, containers and NumPy arrays: a tensor, or words for it."""
    return to_wire(leaf) or wire.Opaque(_type_name(leaf), _text(leaf))


def _here(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def from_wire(value: Any, place: Callable[[torch.Tensor], torch.Tensor] = _here, *, arrays: bool = True) -> Any:
    """The same tree with every wire.Tensor as a tensor (or NumPy array) of its own kind, dtype and strides, put where
    `place` puts it.

    Without `arrays`, NumPy arrays become tensors too. Quantized tensors come back as what they stand for."""
    return map_leaves(value, lambda leaf: _tensor(leaf, place, arrays) if isinstance(leaf, wire.Tensor) else leaf)


def map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with `change` applied to whatever is no list, tuple or dict."""
    if type(value) is list:
        return [map_leaves(item, change) for item in value]
    if type(value) is tuple:
        return tuple(map_leaves(item, change) for item in value)
    if type(value) is dict:
        return {key: map_leaves(item, change) for key, item in value.items()}
    return change(value)


def apart(outputs: dict[str, Any], inputs: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The outputs, with a copy of whatever lies in the memory of an input: what happens to an input afterwards (by a
    thread that goes on) is no part of the answer. And which outputs lie in the memory of an input of another name."""
    shared: list[tuple[str, str]] = []
    try:
        owners = {place: name for name, value in inputs.items() for place in _storages(value)}
        places = ((output, place) for output, value in outputs.items() for place in _storages(value))
        lying = [(output, owners[place]) for output, place in places if place in owners]
        shared = list(dict.fromkeys((str(output)[:100], name) for output, name in lying if output != name))[:50]
        if lying:
            outputs = map_leaves(outputs, lambda x: x.clone() if owners.keys() & _storages(x) else x)
    except BaseException:  # a student's own class of tensors may do anything
        pass
    return outputs, shared


def _storages(value: Any) -> list[int]:
    """Where the memory of each tensor in a tree begins."""
    found: list[int] = []

    def note(leaf: Any) -> None:
        if isinstance(leaf, torch.Tensor) and leaf.layout == torch.strided and leaf.numel():
            found.append(leaf.untyped_storage().data_ptr())

    map_leaves(value, note)
    return found


def _tensor(leaf: wire.Tensor, place: Callable[[torch.Tensor], torch.Tensor], arrays: bool) -> Any:
    array = leaf.array if leaf.array.flags.writeable else leaf.array.copy()
    if leaf.kind == "numpy" and arrays:
        return array
    if array.size:
        tensor = torch.from_numpy(array)
    else:  # NumPy leaves strides of 0, which some of torch's views refuse
        tensor = torch.empty(array.shape, dtype=getattr(torch, wire.DTYPES[leaf.dtype]))
    if leaf.dtype in wire.BITS:
        tensor = tensor.view(getattr(torch, leaf.dtype))
    elif leaf.dtype in wire.VALUES:
        tensor = tensor.to(getattr(torch, leaf.dtype))
    return place(tensor)


def _type_name(value: Any) -> str:
    return str(getattr(type(value), "__name__", "object"))


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception:
        return "an object whose repr() fails"
