"""A temporary folder that is removed in the end, or by the next batch where this one was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from grader.leftovers import lock, sweep

PREFIX = "grader-batch-"


class Scratch:
    """`path`: for its owner only, locked as long as this process lives."""

    def __init__(self, base: Path | None = None) -> None:
        base = Path(tempfile.gettempdir()) if base is None else base
        sweep(base, PREFIX)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        self._lock = lock(self.path)

    def folder(self) -> Path:
        """A new folder in it."""
        return Path(tempfile.mkdtemp(dir=self.path))

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
