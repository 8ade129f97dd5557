"""One student's files as a clean folder with the assignment's modules at its top."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.notebook import Module, NotebookError, holes, read_notebooks
from grader.peer import printable
from grader.spec.checks import Module as Declared
from grader.submission.archives import OTHERS, is_archive
from grader.submission.limits import Limits
from grader.submission.misnamed import about_missing, copies
from grader.submission.names import entered, is_junk, tidied
from grader.submission.opening import Submission, SubmissionError, defined, other_names
from grader.submission.scripts import doubtful, most_written
from grader.submission.unpack import Unpacking, open_regular, unpack_inside


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
            folders[:] = entered(Path(folder).relative_to(path).parts, folders, files)
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
            unpacking.folder(path, () if len(parts) == 1 or not given else (tidied(given),))
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
    found = _misnamed(target, modules, found, notes)
    if not found:
        raise SubmissionError(_nothing(target, modules, why_none, notes))
    folder = _one_folder(target, found, modules, notes)
    present = tuple(module for module in modules if (folder / f"{module}.py").is_file())
    missing = [module for module in modules if module not in present]
    notes += about_missing(missing, _files(target), notes)
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
            notes.append(f"{module}.py is taken from {_below(source, target)}")
            source.replace(place)
        others = [file for file in files if file not in (place, source) and file.read_bytes() != place.read_bytes()]
        if others:
            notes.append(f"another {module}.py is left aside: {_below(others[0], target)}")
    return best


def _from_notebooks(
    target: Path, declared: Mapping[str, Declared], found: Mapping[str, Sequence[Path]], notes: list[str]
) -> tuple[dict[str, Module], str]:
    """The modules that notebooks define, and scripts that were made of some, where no file does or one that is a stub:
    written at the top, or over that file. And a sentence where they define none."""
    notebooks = [path for path in _files(target) if path.suffix.lower() == ".ipynb"]
    names = {name: defined(module) for name, module in declared.items()}
    scripts = doubtful({name: files[0] for name, files in found.items()}, notebooks, names)
    wanted = {name: names[name] for name in declared if name not in found or name in scripts}
    files = [*notebooks, *scripts.values()]
    if not files or not wanted:
        return {}, ""
    try:
        read = read_notebooks(files, wanted)
    except NotebookError as error:
        notes.extend(error.problems or (str(error),))
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


def _misnamed(
    target: Path, modules: Sequence[str], found: dict[str, list[Path]], notes: list[str]
) -> dict[str, list[Path]]:
    """With those that are missing, of copies (`knn (1).py`), other spellings (`KNN.PY`), and of the only file where
    there is only one module."""
    files = [path for path in _files(target) if path.suffix.lower() == ".py"]
    named = copies(files, [module for module in modules if module not in found])
    if not found and not named and len(modules) == len(files) == 1:
        named = {modules[0]: files}
    for module, some in named.items():
        place = some[0].parent / f"{module}.py"
        if not place.exists():
            shutil.copy2(some[0], place)
            notes.append(f"{_below(some[0], target)} is taken for {module}.py")
            if len(some) > 1:
                notes.append(f"left aside: {_below(some[1], target)}")
    return _found(target, modules) if named else found


def _files(target: Path) -> list[Path]:
    return sorted(path for path in target.rglob("*") if path.is_file())


def _nothing(target: Path, modules: Sequence[str], why_none: str, notes: Sequence[str]) -> str:
    """The sentence where nothing can be graded, with what was noticed on the way: it may be why."""
    wanted = " or ".join(f"{module}.py" for module in modules)
    files = [str(path.relative_to(target)) for path in _files(target)]
    seen = [note for note in dict.fromkeys(notes) if note not in why_none]
    named = ", ".join(map(printable, files[:3])) + (" ..." if len(files) > 3 else "")
    if why_none:
        told = [why_none, *seen]
    elif not files:
        told = [*(seen or ["it is empty"]), f"{wanted} is asked for"]
    elif all(file.lower().endswith(OTHERS) for file in files):
        told = [
            f"{printable(files[0])} is not a kind of archive that is read (zip, tar)",
            *seen,
            f"{wanted} is asked for",
        ]
    else:
        told = [f"it has no {wanted}: only {named}", *seen]
    return "; ".join(told)


def _below(path: Path, target: Path) -> str:
    return str(path.relative_to(target))
