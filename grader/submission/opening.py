"""What a student hands in, as a folder of modules.

SubmissionError     there is nothing to grade; the sentence says what was looked for and where
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import GraderError
from grader.notebook import Module, NotebookError, read_notebooks
from grader.peer import printable
from grader.spec.checks import Module as Declared


class SubmissionError(GraderError):
    """Nothing to grade."""


@dataclass(frozen=True)
class Submission:
    """A folder, and the modules of the assignment that are to be graded in it."""

    name: str
    folder: Path
    modules: tuple[str, ...]
    cells: Mapping[str, Module] = field(default_factory=dict)  # of the modules that were made of notebooks
    notes: tuple[str, ...] = ()  # about notebooks that could not be read
    keeper: object = None  # what removes the folder, where it was made for this submission


def open_submission(path: Path, modules: Iterable[str] | Mapping[str, Declared]) -> Submission:
    """A folder with some of `modules` in it, or one of them as a single file; notebooks, where the modules come with
    their declarations. Raises SubmissionError."""
    notebooks = _notebooks(path.absolute(), modules) if isinstance(modules, Mapping) else []
    if notebooks and isinstance(modules, Mapping):
        return from_notebooks(path.absolute(), notebooks, modules)
    modules = tuple(modules)
    files = ", ".join(f"{name}.py" for name in modules)
    path = path.absolute()
    if path.is_file():
        if path.suffix != ".py":
            raise SubmissionError(f"{path} is neither a folder nor a .py file nor a notebook")
        if path.stem not in modules:
            raise SubmissionError(f"{path.name} is not a module of this assignment, which has {files}")
        return Submission(printable(path.name), path.parent, (path.stem,))
    if not path.is_dir():
        raise SubmissionError(f"there is nothing at {path}")
    if not any((path / f"{name}.py").is_file() for name in modules):
        raise SubmissionError(f"{path} has none of {files}")
    return Submission(printable(path.name), path, modules)


def _notebooks(path: Path, modules: Iterable[str]) -> list[Path]:
    """The notebooks to read: the file itself, or those of a folder that lacks some of the modules."""
    if path.is_dir():
        lacks = any(not (path / f"{name}.py").is_file() for name in modules)
        return sorted(path.glob("*.ipynb")) if lacks else []
    return [path] if path.suffix == ".ipynb" and path.is_file() else []


def from_notebooks(path: Path, notebooks: list[Path], modules: Mapping[str, Declared]) -> Submission:
    """A folder of its own, with the modules that the notebooks define and the .py files beside them. Modules that lie
    there as files are taken as they are. Raises SubmissionError."""
    beside = [file for file in sorted(path.glob("*.py")) if file.is_file() and file.resolve().parent == path.resolve()]
    there = {file.stem for file in beside}
    wanted = {name: defined(module) for name, module in modules.items() if name not in there}
    try:
        found = read_notebooks(notebooks, wanted)
    except NotebookError as error:
        if there & set(modules):
            return Submission(printable(path.name), path, tuple(modules), notes=error.problems)
        raise SubmissionError(str(error)) from None
    made = tempfile.TemporaryDirectory(prefix="grader-notebook-")
    folder = Path(made.name)
    for file in beside:
        shutil.copyfile(file, folder / file.name)
    for name, module in found.modules.items():
        (folder / f"{name}.py").write_text(module.source, encoding="utf-8")
    graded = tuple(modules) if path.is_dir() else tuple(name for name in modules if name in found.modules)
    return Submission(printable(path.name), folder, graded, found.modules, found.problems, made)


def defined(module: Declared) -> list[str]:
    """The functions and classes that a module's exercises are about, under every name that they may have."""
    names = [exercise.name for exercise in module.exercises] + list(module.also.values())
    return list(dict.fromkeys(name.partition(".")[0] for name in names))
