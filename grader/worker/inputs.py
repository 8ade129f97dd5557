"""What a question's inputs were before it was asked, and which of them are another thing afterwards."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
import torch

from grader import wire
from grader.worker.tensors import map_leaves

COPIED = 1 << 16  # bytes of a tensor, below which a copy costs less than to look for it in a frame
PRESENT, OF_A_FILE = np.uint64(1 << 63), np.uint64(1 << 61)  # proc_pid_pagemap(5)


class Before:
    """Inputs before anybody has had them. `data`: the frame that they lie in; of large tensors in sealed memory no copy
    is made, but its bytes mapped once more."""

    def __init__(self, inputs: dict[str, Any], data: memoryview) -> None:
        self._frame = data
        self._untouched = wire.untouched(data)
        self._inputs = map_leaves(inputs, self._copy)

    def changed(self, inputs: dict[str, Any]) -> list[str]:
        """The names of those that are no longer what they were."""
        return [name for name in inputs if self._is_other(inputs[name], self._inputs[name])]

    def _is_other(self, now: Any, before: Any) -> bool:
        try:
            return self._differs(now, before)
        except BaseException:  # what was put in its place may do anything
            return True

    def _copy(self, leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
        if self._untouched is None or leaf.nbytes < COPIED or leaf.device.type != "cpu":
            return leaf.clone()
        start = leaf.data_ptr() - _address(self._frame)
        if start < 0 or start + _span(leaf) > len(self._untouched):
            return leaf.clone()
        flat = torch.frombuffer(self._untouched, dtype=leaf.dtype, count=_span(leaf) // leaf.itemsize, offset=start)
        return flat.as_strided(leaf.shape, leaf.stride())

    def _differs(self, now: Any, before: Any) -> bool:
        if isinstance(before, torch.Tensor):
            if not isinstance(now, torch.Tensor) or now.shape != before.shape or now.dtype != before.dtype:
                return True
            return not self._is_untouched(now, before) and not torch.equal(_bits(now), _bits(before))
        if isinstance(before, np.ndarray):
            return bool(now.dtype != before.dtype or now.shape != before.shape or now.tobytes() != before.tobytes())
        if isinstance(before, list | tuple):
            return len(now) != len(before) or any(map(self._differs, now, before))
        if isinstance(before, dict):
            return now.keys() != before.keys() or any(self._differs(now[key], before[key]) for key in before)
        return bool(now != before)

    def _is_untouched(self, now: torch.Tensor, before: torch.Tensor) -> bool:
        """Whether a tensor lies where it lay, in pages that nobody has written to: then it need not be read."""
        if self._untouched is None or before.nbytes < COPIED or now.stride() != before.stride():
            return False
        start = before.data_ptr() - _address(self._untouched)
        if not 0 <= start < len(self._untouched) or now.data_ptr() - _address(self._frame) != start:
            return False
        return _are_of_a_file(now.data_ptr(), _span(now))


def _address(data: memoryview) -> int:
    return int(np.frombuffer(data, np.uint8).ctypes.data)


def _span(tensor: torch.Tensor) -> int:
    """Bytes from a tensor's first element to its last."""
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    return int(tensor.itemsize * (1 + sum((size - 1) * step for size, step in steps)))


def _are_of_a_file(address: int, size: int) -> bool:
    """Whether the pages of these bytes, as far as they are there, are still those of the file that is mapped privately:
    one that was written to is the process's own. False where the system does not tell."""
    first, last = address // mmap.PAGESIZE, (address + size - 1) // mmap.PAGESIZE
    try:
        with open("/proc/self/pagemap", "rb", buffering=0) as file:
            told = os.pread(file.fileno(), 8 * (last - first + 1), 8 * first)
    except OSError:
        return False
    pages = np.frombuffer(told, np.uint64)
    return len(pages) == last - first + 1 and not ((pages & PRESENT != 0) & (pages & OF_A_FILE == 0)).any()


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """What is compared whatever the dtype, and NaN like any other value."""
    integers = {1: torch.uint8, 2: torch.int16, 4: torch.int32}
    return tensor.detach().contiguous().reshape(-1).view(integers.get(tensor.element_size(), torch.int64))
