"""Counts the tensor operations that a question takes. It counts beside student code: the count may explain or lower a
verdict, never raise one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from grader import wire

NAMES_LIMIT = 300  # different operations that are reported


class TooMany(BaseException):
    """The limit is reached; no `except Exception` of a submission catches it."""


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is active, counts what torch dispatches, and notes where in `folder` each operation stood first. Once it
    `is_answered`, what is computed from there only: an answer may put off its work until it is looked at."""

    def __init__(self, folder: Path, limit: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0
        self.is_answered = False
        self._folder = str(folder)
        self._limit = limit
        self._counts: dict[str, int] = {}
        self._places: dict[str, tuple[str, int]] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else the first operation in every worker imports torch._dynamo and sympy, which takes a second

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.is_answered and not self._place()[0]:
            return func(*args, **(kwargs or {}))
        name = func._schema.name
        self.total += 1
        self._counts[name] = self._counts.get(name, 0) + 1
        if name not in self._places and len(self._places) < NAMES_LIMIT:
            self._places[name] = self._place()
        if wire.AUTOGRAD not in self._places and _differentiates() and (place := self._place())[1]:
            self._counts[wire.AUTOGRAD], self._places[wire.AUTOGRAD] = 1, place  # not what the ask itself has asked for
        if self.is_full:
            raise TooMany
        return func(*args, **(kwargs or {}))

    def _place(self) -> tuple[str, int]:
        """File and line of the innermost frame that is the submission's own."""
        frame = sys._getframe(2)  # behind __torch_dispatch__
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._folder):
                return Path(frame.f_code.co_filename).name, frame.f_lineno
            frame = frame.f_back  # type: ignore[assignment]
        return "", 0

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Count here, and in Python's threads that are started meanwhile: each has modes of its own."""
        begin = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

        def counted(thread: threading.Thread) -> None:
            with _Elsewhere(self):
                begin(thread)

        threading.Thread._bootstrap_inner = counted  # type: ignore[attr-defined]
        try:
            with self:
                yield
        finally:
            threading.Thread._bootstrap_inner = begin  # type: ignore[attr-defined]

    @property
    def is_full(self) -> bool:
        """Whether the limit was reached."""
        return self.total > self._limit

    def counted(self, outputs: wire.Packed | None = None) -> wire.Counted:
        """What was counted, and what came of it."""
        operations = [
            wire.Operation(name, self._counts[name], file, line) for name, (file, line) in self._places.items()
        ]
        return wire.Counted(self.total, not self.is_full, operations, None if self.is_full else outputs)


class _Elsewhere(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what another thread dispatches together with the rest."""

    def __init__(self, counting: Counting) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._counting = counting

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._counting.__torch_dispatch__(func, types, args, kwargs)


def _differentiates() -> bool:
    """Whether a derivative is being computed, backward (by autograd or torch.func) or forward, under whatever name."""
    return bool(torch._C._current_graph_task_id() != -1 or forward_ad._current_level >= 0)
