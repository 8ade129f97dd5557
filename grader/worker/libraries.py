"""How long the libraries took that a module imports: they stay, where the module itself is imported again."""

from __future__ import annotations

import builtins
import sys
import time
from types import TracebackType
from typing import Any


class LibraryImports:
    """While it is entered, adds up the CPU time of imports of what does not lie in these folders."""

    def __init__(self, *folders: object) -> None:
        self.seconds = 0.0
        self._own = tuple(f"{folder}/" for folder in folders)
        self._import = builtins.__import__
        self._timer = self._timed  # one object, to be known again

    def __enter__(self) -> LibraryImports:
        builtins.__import__ = self._timer
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if builtins.__import__ is self._timer:  # else the submission has replaced it, and it stays as it is
            builtins.__import__ = self._import

    def _timed(self, name: str, *where: Any, **how: Any) -> Any:
        begin, before = time.process_time(), self.seconds
        try:
            imported = self._import(name, *where, **how)
            if name.partition(".")[0] == "matplotlib":
                draw_for_nobody()
            return imported
        finally:
            if not self._is_own(name):  # and what it has imported itself is part of it
                self.seconds = before + time.process_time() - begin

    def _is_own(self, name: str) -> bool:
        """Whether it lies in the folders; what a package imports from itself is its own affair."""
        module = sys.modules.get(name.partition(".")[0])
        return module is None or str(getattr(module, "__file__", None)).startswith(self._own)


def draw_for_nobody() -> None:
    """Let matplotlib draw into memory, whatever window it is told to use: there is none, and nobody would look."""
    matplotlib = sys.modules.get("matplotlib")
    use = getattr(matplotlib, "use", None)
    if matplotlib is None or use is None or getattr(use, "_is_ours", False):
        return

    def into_memory(backend: object, *, force: bool = True) -> None:
        use("agg")

    into_memory._is_ours = True  # type: ignore[attr-defined]
    vars(matplotlib)["use"] = into_memory
