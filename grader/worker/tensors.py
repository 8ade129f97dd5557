"""Torch tensors as wire.Tensor, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grader import wire


def to_wire(leaf: Any) -> wire.Tensor | None:
    """A tensor of any dtype, layout and device as plain memory; None for what is no tensor."""
    if not isinstance(leaf, torch.Tensor):
        return None
    tensor, device = leaf.detach(), str(leaf.device)
    if tensor.is_quantized:
        name, tensor = str(tensor.dtype), tensor.dequantize()
    else:
        name = str(tensor.dtype)
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    name = name.removeprefix("torch.")
    carrier = wire.DTYPES.get(name)
    if carrier is None:
        return None
    if carrier != name:
        tensor = tensor.to(getattr(torch, carrier))
    array = np.array(tensor.resolve_conj().resolve_neg().cpu().contiguous().numpy())
    return wire.Tensor(array, name, "torch", device)


def from_wire(value: Any, device: str = "cpu") -> Any:
    """The same tree with every wire.Tensor as a tensor (or NumPy array) of its own kind, dtype and strides."""
    return map_leaves(value, lambda leaf: _tensor(leaf, device) if isinstance(leaf, wire.Tensor) else leaf)


def map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with `change` applied to whatever is no list, tuple or dict."""
    if type(value) is list:
        return [map_leaves(item, change) for item in value]
    if type(value) is tuple:
        return tuple(map_leaves(item, change) for item in value)
    if type(value) is dict:
        return {key: map_leaves(item, change) for key, item in value.items()}
    return change(value)


def _tensor(leaf: wire.Tensor, device: str) -> Any:
    if leaf.kind == "numpy":
        return leaf.array
    if leaf.array.size == 0:
        tensor = torch.empty(leaf.shape, dtype=getattr(torch, leaf.dtype))
    elif leaf.array.flags.writeable:
        tensor = torch.from_numpy(leaf.array)
    else:
        tensor = torch.from_numpy(leaf.array.copy())
    if leaf.dtype != wire.DTYPES[leaf.dtype]:
        tensor = tensor.to(getattr(torch, leaf.dtype))
    return tensor.to(device)
