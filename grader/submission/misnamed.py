"""Modules under names that are nearly theirs, and what there is to say about those that are missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

COPY = re.compile(
    r"(?:copy of )?(?P<stem>.+?)(?: ?\(\d+\)|[-_ ]copy(?:[-_ ]?\d+)?| - copy(?: ?\(\d+\))?|-\d+)?", re.IGNORECASE
)

NEAR = (".py", ".txt", ".pyc", "")  # endings of what may have been meant


def plain(file: Path) -> str:
    """The name of the module that a file may be a copy of: "knn" for `knn (1).py`, `Copy of knn.py`, `KNN.PY`."""
    match = COPY.fullmatch(file.stem)
    return (match["stem"] if match else file.stem).lower()


def copies(files: Iterable[Path], modules: Iterable[str]) -> dict[str, list[Path]]:
    """The Python files that are copies, or other spellings, of each of these modules: those nearest to the top first,
    then those last changed."""
    python = [file for file in files if file.suffix.lower() == ".py"]
    found = {
        module: sorted(
            (file for file in python if plain(file) == module.lower() and file.name != f"{module}.py"),
            key=lambda file: (len(file.parts), -file.stat().st_mtime, str(file)),
        )
        for module in modules
    }
    return {module: some for module, some in found.items() if some}


def about_missing(missing: Sequence[str], files: Iterable[Path], told: Iterable[str] = ()) -> list[str]:
    """What lies there that may explain why modules are missing: files whose names hold theirs, notebooks that define
    nothing of them and of which nothing is `told` yet."""
    files, told = sorted(files), list(told)
    notes = []
    for module in missing:
        near = [file.name for file in files if module.lower() in file.stem.lower() and file.suffix.lower() in NEAR]
        if near:
            notes.append(f"{module}.py is missing, and this lies there: {_listed(near)}")
    notebooks = [file.name for file in files if file.suffix.lower() == ".ipynb"]
    rest = [module for module in missing if not any(note.startswith(f"{module}.py") for note in notes)]
    if rest and notebooks and not any(name in note for name in notebooks for note in told):
        define = "defines" if len(notebooks) == 1 else "define"
        notes.append(f"{_listed(notebooks)} {define} nothing of {' or '.join(f'{module}.py' for module in rest)}")
    return notes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
