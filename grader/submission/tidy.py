"""One student's files as a clean folder with the assignment's modules at its top."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.notebook import Module, NotebookError, holes, read_notebooks
from grader.peer import printable
from grader.spec.checks import Module as Declared
from grader.submission.archives import OTHERS, is_archive
from grader.submission.limits import Limits
from grader.submission.names import is_junk, tidied
from grader.submission.opening import Submission, SubmissionError, defined, other_names
from grader.submission.scripts import doubtful, most_written
from grader.submission.unpack import Unpacking, open_regular, unpack_inside

COPY = re.compile(r"^(?P<stem>.+?)(?: ?\(\d+\)|[-_ ]copy(?:[-_ ]?\d+)?| - copy|-\d+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Prepared:
    """A submission that can be graded, and notes on how it came."""

    submission: Submission
    notes: tuple[str, ...] = ()


def digest(parts: Iterable[tuple[str, Path]]) -> str:
    """A hash of what is handed in, names and bytes; of folders, without what is left out anyhow. Raises OSError."""
    found = hashlib.sha256()
    limits = Limits()
    for name, path in sorted(parts):
        found.update(b"\0part\0" + os.fsencode(name))
        if path.is_file():
            found.update(_hash(path))
            continue
        for folder, folders, files, at in os.fwalk(path, follow_symlinks=False):
            folders[:] = sorted(name for name in folders if not is_junk((name,)))
            for file in sorted(name for name in files if not is_junk((name,))):
                fd = open_regular(file, at)
                if fd is not None:
                    with open(fd, "rb") as stream:
                        if os.fstat(fd).st_size <= limits.of(file):
                            below = os.path.relpath(os.path.join(folder, file), path)
                            found.update(b"\0file\0" + os.fsencode(below) + b"\0")
                            found.update(hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()


def _hash(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def prepare(
    name: str,
    parts: Sequence[tuple[str, Path]],
    declared: Mapping[str, Declared],
    target: Path,
    limits: Limits | None = None,
) -> Prepared:
    """Unpack what a student has handed in into the empty folder `target`, and find the modules in it: files, and for
    those that are missing, what notebooks define.

    `parts` are names as handed in, and where they lie: folders, archives, files. Raises SubmissionError with a sentence
    for the student; OSError where it cannot be written."""
    modules = list(declared)
    unpacking = Unpacking(target, limits or Limits())
    for given, path in parts:
        if path.is_dir():
            unpacking.folder(path, () if len(parts) == 1 else (tidied(given),))
        elif is_archive(given):
            unpacking.archive(path, given, () if len(parts) == 1 else (tidied(given),))
        else:
            unpacking.file(path, given)
    renamed: list[str] = []
    _rename(target, declared, renamed)
    found = _found(target, modules)
    if not found:
        unpack_inside(unpacking)
        _rename(target, declared, renamed)
        found = _found(target, modules)
    notes = [*unpacking.notes(), *renamed]
    cells, why_none = _from_notebooks(target, declared, found, notes)
    if cells:
        found = _found(target, modules)
    if not found:
        found = _misnamed(target, modules, notes)
    if not found:
        raise SubmissionError(why_none or _nothing(target, modules))
    folder = _one_folder(target, found, modules, notes)
    present = tuple(module for module in modules if (folder / f"{module}.py").is_file())
    return Prepared(Submission(printable(name), folder, present, cells), tuple(map(printable, notes)))


def _found(target: Path, modules: Sequence[str]) -> dict[str, list[Path]]:
    """The files of each module that is there, the nearest to the top first, then the newest."""
    found: dict[str, list[Path]] = {}
    for module in modules:
        files = [path for path in target.rglob(f"{module}.py") if path.is_file()]
        if files:
            files.sort(key=lambda path: (len(path.parts), -path.stat().st_mtime, str(path)))
            found[module] = files
    return found


def _one_folder(target: Path, found: dict[str, list[Path]], modules: Sequence[str], notes: list[str]) -> Path:
    """The folder that holds most modules; what it lacks is copied into it."""
    folders = {file.parent for files in found.values() for file in files}

    chosen = {module: most_written(files) for module, files in found.items()}

    def rank(folder: Path) -> tuple[int, int, int, float, str]:
        mine = [folder / f"{module}.py" for module in modules if (folder / f"{module}.py").is_file()]
        stubs = sum(1 for file in mine if file.stem in chosen and chosen[file.stem] != file and holes(file))
        return -len(mine), stubs, len(folder.parts), -max(file.stat().st_mtime for file in mine), str(folder)

    best = min(folders, key=rank)
    for module, files in found.items():
        place = best / f"{module}.py"
        source = most_written([place, *files]) if place.is_file() else chosen[module]
        if source != place:
            if place.is_dir():
                shutil.rmtree(place)
            shutil.copy2(source, place)
            notes.append(f"{module}.py is taken from {_below(source, target)}")
        others = [file for file in files if file not in (place, source) and file.read_bytes() != place.read_bytes()]
        if others:
            notes.append(f"another {module}.py is left aside: {_below(others[0], target)}")
    return best


def _from_notebooks(
    target: Path, declared: Mapping[str, Declared], found: Mapping[str, Sequence[Path]], notes: list[str]
) -> tuple[dict[str, Module], str]:
    """The modules that notebooks define, and scripts that were made of some, where no file does or one that is a stub:
    written at the top, or over that file. And a sentence where they define none."""
    notebooks = sorted(path for path in target.rglob("*.ipynb") if path.is_file())
    names = {name: defined(module) for name, module in declared.items()}
    scripts = doubtful({name: files[0] for name, files in found.items()}, notebooks, names)
    wanted = {name: names[name] for name in declared if name not in found or name in scripts}
    files = [*notebooks, *scripts.values()]
    if not files or not wanted:
        return {}, ""
    try:
        read = read_notebooks(files, wanted)
    except NotebookError as error:
        notes.extend(error.problems)
        return {}, str(error)
    notes.extend(read.problems)
    for name, module in {**read.beside, **read.modules}.items():
        place = scripts.get(name, target / f"{name}.py")
        if name in read.beside and place.exists():
            continue
        if place.is_dir():
            shutil.rmtree(place)
        place.write_text(module.source, encoding="utf-8")
    return {**read.beside, **read.modules}, ""


def _rename(target: Path, declared: Mapping[str, Declared], notes: list[str]) -> None:
    """Copies of files that have the name of another edition, under ours."""
    folders = {path.parent for path in target.rglob("*.py") if path.is_file()}
    for folder in sorted(folders):
        for name, file in other_names(folder, declared).items():
            if not (folder / f"{name}.py").exists():
                shutil.copy2(file, folder / f"{name}.py")
                notes.append(f"{_below(file, target)} is taken for {name}.py")


def _misnamed(target: Path, modules: Sequence[str], notes: list[str]) -> dict[str, list[Path]]:
    """Copies (`knn (1).py`), other spellings (`KNN.py`), and the only file where there is only one module."""
    files = sorted(path for path in target.rglob("*.py") if path.is_file())
    for file in files:
        match = COPY.match(file.stem)
        plain = (match["stem"] if match else file.stem).lower()
        module = next((module for module in modules if module.lower() == plain), None)
        if module is None and len(modules) == len(files) == 1:
            module = modules[0]
        if module is not None and not (file.parent / f"{module}.py").exists():
            shutil.copy2(file, file.parent / f"{module}.py")
            notes.append(f"{_below(file, target)} is taken for {module}.py")
    return _found(target, modules)


def _nothing(target: Path, modules: Sequence[str]) -> str:
    wanted = " or ".join(f"{module}.py" for module in modules)
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    if not files:
        return f"it is empty; {wanted} is asked for"
    if all(file.lower().endswith(OTHERS) for file in files):
        return f"{printable(files[0])} is not a kind of archive that is read (zip, tar); {wanted} is asked for"
    named = ", ".join(map(printable, files[:3])) + (" ..." if len(files) > 3 else "")
    return f"it has no {wanted}: only {named}"


def _below(path: Path, target: Path) -> str:
    return str(path.relative_to(target))
