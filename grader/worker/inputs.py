"""What a question's inputs were before it was asked, and which of them are another thing afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from grader import wire
from grader.worker.tensors import map_leaves

COPIED = 1 << 16  # bytes of a tensor, below which a copy costs less than to look for it in a frame


class Before:
    """Inputs as they are now. `data`: the frame that they lie in; of large tensors in sealed memory no copy is made,
    but its bytes mapped once more."""

    def __init__(self, inputs: dict[str, Any], data: memoryview) -> None:
        self._untouched = wire.untouched(data)
        self._begin = np.frombuffer(data, np.uint8).ctypes.data if self._untouched is not None else 0
        self._inputs = map_leaves(inputs, self._copy)

    def changed(self, inputs: dict[str, Any]) -> list[str]:
        """The names of those that are no longer what they were."""
        return [name for name in inputs if _differs(inputs[name], self._inputs[name])]

    def _copy(self, leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
        if self._untouched is None or leaf.nbytes < COPIED or leaf.device.type != "cpu":
            return leaf.clone()
        start = leaf.data_ptr() - self._begin
        count = 1 + sum((size - 1) * step for size, step in zip(leaf.shape, leaf.stride(), strict=True))
        if start < 0 or start + count * leaf.itemsize > len(self._untouched):
            return leaf.clone()
        flat = torch.frombuffer(self._untouched, dtype=leaf.dtype, count=count, offset=start)
        return flat.as_strided(leaf.shape, leaf.stride())


def _differs(now: Any, before: Any) -> bool:
    if isinstance(before, torch.Tensor):
        if not isinstance(now, torch.Tensor) or now.shape != before.shape or now.dtype != before.dtype:
            return True
        return not torch.equal(_bits(now), _bits(before))
    if isinstance(before, np.ndarray):
        return bool(now.dtype != before.dtype or now.shape != before.shape or now.tobytes() != before.tobytes())
    if isinstance(before, list | tuple):
        return len(now) != len(before) or any(map(_differs, now, before))
    if isinstance(before, dict):
        return now.keys() != before.keys() or any(_differs(now[key], before[key]) for key in before)
    return bool(now != before)


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """What is compared whatever the dtype, and NaN like any other value."""
    integers = {1: torch.uint8, 2: torch.int16, 4: torch.int32}
    return tensor.detach().contiguous().reshape(-1).view(integers.get(tensor.element_size(), torch.int64))
