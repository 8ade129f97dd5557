"""Files of modules that are not taken as they lie there: notebooks in disguise, and stubs beside what is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from grader.notebook import holes, is_disguised, mentions

IMPORT = re.compile(r"^[ \t]*+(?:from|import)[ \t]++([\w, ]++)", re.MULTILINE)
FULLER = 1.2  # times the size of a stub that a copy has which is filled in


def doubtful(
    files: Mapping[str, Path], notebooks: Sequence[Path], names: Mapping[str, Sequence[str]]
) -> dict[str, Path]:
    """Of the modules' files, those that are read together with the notebooks, which may hold what they lack. `names`:
    what each module defines."""
    return {
        name: file
        for name, file in files.items()
        if is_disguised(file) or (holes(file) and any(mentions(notebook, names[name]) for notebook in notebooks))
    }


def most_written(files: Sequence[Path]) -> Path:
    """Of several files of a module, the first, but for another one that is more than its stub."""
    best = files[0]
    for file in files[1:]:
        left, lacking = holes(file), holes(best)
        if left < lacking or (lacking and left == lacking and _size(file) > FULLER * _size(best)):
            best = file
    return best


def imported_by(sources: Iterable[str], files: Sequence[Path]) -> list[Path]:
    """The files that these modules import, and those that these import in turn."""
    left, taken, todo = {file.stem: file for file in files}, list[Path](), list(sources)
    while todo:
        for found in IMPORT.findall(todo.pop()):
            for name in re.findall(r"\w+", found):
                if (file := left.pop(name, None)) is not None:
                    taken.append(file)
                    todo.append(file.read_text(encoding="utf-8", errors="replace"))
    return taken


def _size(file: Path) -> int:
    return file.stat().st_size
