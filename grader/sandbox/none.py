"""Level `none`: no cage at all, for code that may do what its user may do."""

from __future__ import annotations

from pathlib import Path

from grader.gpu import GPU
from grader.sandbox.plain import Plain


class Unsandboxed:
    """Plain processes."""

    def __init__(self, gpu: GPU | None = None) -> None:
        self._gpu = gpu

    level = "none"
    notes = ("not sandboxed: student code may do whatever you may do",)

    def cage(self, submission: Path, checks: Path, given: Path) -> Plain:
        """Plain processes, which see everything where it is."""
        return Plain(gpu=self._gpu)

    def close(self) -> None:
        """Nothing is held."""
