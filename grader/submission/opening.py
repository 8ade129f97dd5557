"""What a student hands in, as a folder of modules.

SubmissionError     there is nothing to grade; the sentence says what was looked for and where
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.peer import printable


class SubmissionError(Exception):
    """Nothing to grade."""


@dataclass(frozen=True)
class Submission:
    """A folder, and the modules of the assignment that are to be graded in it."""

    name: str
    folder: Path
    modules: tuple[str, ...]


def open_submission(path: Path, modules: Iterable[str]) -> Submission:
    """A folder with some of `modules` in it, or one of them as a single file. Raises SubmissionError."""
    modules = tuple(modules)
    files = ", ".join(f"{name}.py" for name in modules)
    path = path.absolute()
    if path.is_file():
        if path.suffix != ".py":
            raise SubmissionError(f"{path} is neither a folder nor a .py file")
        if path.stem not in modules:
            raise SubmissionError(f"{path.name} is not a module of this assignment, which has {files}")
        return Submission(printable(path.name), path.parent, (path.stem,))
    if not path.is_dir():
        raise SubmissionError(f"there is nothing at {path}")
    if not any((path / f"{name}.py").is_file() for name in modules):
        raise SubmissionError(f"{path} has none of {files}")
    return Submission(printable(path.name), path, modules)
