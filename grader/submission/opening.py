"""What a student hands in, as a folder of modules.

SubmissionError     there is nothing to grade; the sentence says what was looked for and where
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import GraderError
from grader.notebook import Module, NotebookError, Notebooks, is_disguised, read_notebooks
from grader.peer import printable
from grader.spec.checks import Module as Declared
from grader.submission.misnamed import about_missing, copies
from grader.submission.scripts import doubtful, imported_by


class SubmissionError(GraderError):
    """Nothing to grade."""


@dataclass(frozen=True)
class Submission:
    """A folder, and the modules of the assignment that are to be graded in it."""

    name: str
    folder: Path
    modules: tuple[str, ...]
    cells: Mapping[str, Module] = field(default_factory=dict)  # of the modules that were made of notebooks
    notes: tuple[str, ...] = ()  # about notebooks that could not be read, and files of other names
    keeper: object = None  # what removes the folder, where it was made for this submission


def open_submission(path: Path, modules: Iterable[str] | Mapping[str, Declared]) -> Submission:
    """A folder with some of `modules` in it, or one of them as a single file; notebooks and files under the names of
    other editions, where the modules come with their declarations. Raises SubmissionError."""
    if isinstance(modules, Mapping):
        notebooks, renamed = _to_read(path.absolute(), modules), other_names(path.absolute(), modules)
        if notebooks or renamed or _copies(path.absolute(), modules):
            return gathered(path.absolute(), notebooks, renamed, modules)
    modules = tuple(modules)
    files = ", ".join(f"{name}.py" for name in modules)
    path = path.absolute()
    if path.is_file():
        if path.suffix.lower() != ".py":
            raise SubmissionError(f"{path} is neither a folder nor a .py file nor a notebook")
        if path.stem not in modules:
            raise SubmissionError(f"{path.name} is not a module of this assignment, which has {files}")
        return Submission(printable(path.name), path.parent, (path.stem,))
    if not path.is_dir():
        raise SubmissionError(f"there is nothing at {path}")
    missing = [name for name in modules if not (path / f"{name}.py").is_file()]
    if len(missing) == len(modules):
        raise SubmissionError(f"{path} has none of {files}{_near(missing, path)}")
    return Submission(printable(path.name), path, modules, notes=_noted(missing, path))


def _noted(missing: Sequence[str], path: Path, told: Iterable[str] = ()) -> tuple[str, ...]:
    there = [file for file in path.iterdir() if file.is_file()] if path.is_dir() and missing else []
    return tuple(map(printable, about_missing(missing, there, told)))


def _near(missing: Sequence[str], path: Path) -> str:
    return "".join(f"; {note}" for note in _noted(missing, path))


def _to_read(path: Path, modules: Mapping[str, Declared]) -> list[Path]:
    """The notebooks, and scripts that are read like them: the file itself, or those of a folder that lacks some of the
    modules, or holds stubs of them."""
    if not path.is_dir():
        is_one = _is_notebook(path) or (path.suffix == ".py" and path.is_file() and is_disguised(path))
        return [path] if is_one else []
    files = {name: path / f"{name}.py" for name in modules if (path / f"{name}.py").is_file()}
    notebooks = sorted(file for file in path.iterdir() if _is_notebook(file))
    scripts = doubtful(files, notebooks, {name: defined(module) for name, module in modules.items()})
    return [*notebooks, *scripts.values()] if scripts or len(files) < len(modules) else []


def _is_notebook(file: Path) -> bool:
    return file.suffix.lower() == ".ipynb" and file.is_file()


def _neighbours(path: Path) -> list[Path]:
    """Notebooks that those which are handed in may import from."""
    around = path.glob("*/*.ipynb") if path.is_dir() else path.parent.glob("*.ipynb")
    return sorted(file for file in around if file != path and not file.parent.name.startswith("."))


def other_names(path: Path, modules: Mapping[str, Declared]) -> dict[str, Path]:
    """The files of modules that are there under the name of another edition only; `path`: a folder, or one of them."""
    folder, found = path if path.is_dir() else path.parent, dict[str, Path]()
    for name, module in modules.items():
        files = [file for other in module.files if path in (folder, file := folder / f"{other}.py") and _inside(file)]
        if files and not (folder / f"{name}.py").is_file():
            found[name] = files[0]
    return found


def _copies(path: Path, modules: Iterable[str]) -> dict[str, Path]:
    """Of modules that are not there: copies (`knn (1).py`) and other spellings (`KNN.PY`); `path`: as `other_names`."""
    folder = path if path.is_dir() else path.parent
    missing = [name for name in modules if not (folder / f"{name}.py").is_file()]
    files = [file for file in (folder.iterdir() if path.is_dir() else [path]) if _inside(file)]
    return {name: some[0] for name, some in copies(files, missing).items()}


def _inside(file: Path) -> bool:
    """Whether it is a file of its folder, and no link out of it."""
    return file.is_file() and file.resolve().parent == file.parent.resolve()


def gathered(
    path: Path, notebooks: list[Path], renamed: Mapping[str, Path], modules: Mapping[str, Declared]
) -> Submission:
    """A folder of its own, with the modules that the notebooks define, those that have another name, copies of what is
    missing then, and the .py files beside them. Modules that lie there as files are taken as they are. Raises
    SubmissionError."""
    beside = [file for file in sorted(path.glob("*.py")) if _inside(file)]
    there = {file.stem for file in beside} | {*renamed}
    scripts = {file.stem for file in notebooks if file.suffix == ".py"}
    wanted = {name: defined(module) for name, module in modules.items() if name not in there - scripts}
    copied = {name: file for name, file in _copies(path, modules).items() if name not in there}
    found = Notebooks({}, ())
    try:
        found = read_notebooks(notebooks, wanted, _neighbours(path)) if notebooks else found
    except NotebookError as error:
        problems = error.problems or (str(error),)
        if not there & set(modules) and not copied:
            raise SubmissionError(str(error)) from None
        if not renamed and not copied:
            notes = (*problems, *_noted(list(wanted), path, problems))
            return Submission(printable(path.name), path, tuple(modules), notes=notes)
        found = Notebooks({}, problems)
    renamed = {**renamed, **{name: file for name, file in copied.items() if name not in found.modules}}
    made = tempfile.TemporaryDirectory(prefix="grader-notebook-")
    folder = Path(made.name)
    if path.is_file():
        around = [file for file in sorted(path.parent.glob("*.py")) if _inside(file) and file != path]
        beside = imported_by((module.source for module in found.modules.values()), around)
    for file in beside:
        shutil.copyfile(file, folder / file.name)
    for name, file in renamed.items():
        shutil.copyfile(file, folder / f"{name}.py")
    for name, module in found.beside.items():
        if not (folder / f"{name}.py").exists():
            (folder / f"{name}.py").write_text(module.source, encoding="utf-8")
    for name, module in found.modules.items():
        (folder / f"{name}.py").write_text(module.source, encoding="utf-8")
    graded = tuple(name for name in modules if path.is_dir() or name in found.modules or name in renamed)
    taken = [f"{printable(file.name)} is taken for {name}.py" for name, file in renamed.items()]
    notes = (*found.problems, *taken)
    notes += _noted([name for name in wanted if not (folder / f"{name}.py").is_file()], path, notes)
    return Submission(printable(path.name), folder, graded, found.beside | found.modules, notes, made)


def defined(module: Declared) -> list[str]:
    """The functions and classes that a module's exercises are about, under every name that they may have."""
    names = [exercise.name for exercise in module.exercises] + list(module.also.values())
    return list(dict.fromkeys(name.partition(".")[0] for name in names))
