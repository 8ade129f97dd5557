"""Where a declaration stands, and the one error a mistake in it raises.

CheckError    a mistake in checks.py or hidden.py; str() is "FILE:LINE: sentence"
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import GraderError


@dataclass(frozen=True)
class Location:
    """A line of a checks file."""

    path: str
    line: int

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Location:
        """The line on which a declared function begins."""
        code = function.__code__
        return cls(code.co_filename, code.co_firstlineno)

    @classmethod
    def of_caller(cls) -> Location:
        """The nearest line outside this package: the line of the checks file that is being executed."""
        here = str(Path(__file__).parent)
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(here):
            frame = frame.f_back
        return cls(frame.f_code.co_filename, frame.f_lineno)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class CheckError(GraderError):
    """A mistake in a checks file, as one sentence that names file and line."""

    def __init__(self, where: Location, sentence: str) -> None:
        super().__init__(f"{where}: {sentence}")
        self.where = where
        self.sentence = sentence
