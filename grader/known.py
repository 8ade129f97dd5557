"""What has been found out about a reference, kept for all submissions of a batch: questions, answers, measurements.

Threads that want the same thing at once get it made once. What takes most memory and was not used for longest goes
first; whoever wants it again makes it again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import numpy as np

from grader import wire
from grader.question import Question

LIMIT = 512 << 20  # bytes of what is kept
SMALL = 200  # bytes, about, of what is no array

T = TypeVar("T")


class Known:
    """A bounded memory. `make` is called by one thread at a time for each key; it may ask for what does not ask for
    its own."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()
        self.size = 0  # bytes, about

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under `key`; made now where there is nothing. Raises what `make` raises, and keeps nothing."""
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return cast(T, self._kept[key][0])
                waiting = self._making.get(key)
                if waiting is None:
                    self._making[key] = threading.Event()
            if waiting is None:
                break
            waiting.wait()
        try:
            value = make()
            with self._lock:
                self._keep(key, value)
            return value
        finally:
            with self._lock:
                self._making.pop(key).set()

    def _keep(self, key: Hashable, value: Any) -> None:
        size = size_of(value)
        self._kept[key] = value, size
        self.size += size
        while self.size > self._limit and len(self._kept) > 1:
            _, (_, gone) = self._kept.popitem(last=False)
            self.size -= gone


def size_of(value: Any) -> int:
    """Bytes that a value takes, about."""
    if isinstance(value, np.ndarray):
        return SMALL + value.nbytes
    if isinstance(value, wire.Tensor):
        return SMALL + size_of(value.array)
    if isinstance(value, Question):
        return 2 * size_of(value.inputs) + size_of(value.kept)  # once more as a frame
    if isinstance(value, wire.Encoded):
        return SMALL + sum(map(len, value.parts)) + (value.memory.size if value.memory else 0)
    if isinstance(value, dict):
        return SMALL + sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        return SMALL + sum(map(size_of, value))
    return SMALL + (len(value) if isinstance(value, str | bytes) else 0)
