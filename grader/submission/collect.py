"""A class's submissions, as they come from a learning platform or were laid side by side: one for each student."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.peer import printable
from grader.submission.archives import OTHERS, SUFFIXES, is_archive
from grader.submission.lms import GRADESCOPE, gradescope, named, version
from grader.submission.names import is_junk, tidied
from grader.submission.opening import SubmissionError

KNOWN = (".py", ".ipynb", *SUFFIXES, *OTHERS)


@dataclass(frozen=True)
class TurnedIn:
    """What counts of what one student has handed in: names as handed in, and where they lie."""

    student: str
    name: str
    parts: tuple[tuple[str, Path], ...]
    submitted: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Item:
    label: str  # of the file or folder among the submissions
    file: str  # without what the platform adds
    path: Path
    remarks: tuple[str, ...] = ()
    versioned: bool = False
    submitted: datetime | None = None

    @property
    def changed(self) -> float:
        return self.submitted.timestamp() if self.submitted else self.path.stat().st_mtime


def collect(folder: Path, modules: Sequence[str]) -> list[TurnedIn]:
    """The submissions in a folder, by student. Raises SubmissionError where there are none."""
    folder = _inner(folder, modules)
    piles: dict[str, list[_Item]] = {}
    for student, item in _exported(folder) if (folder / GRADESCOPE).is_file() else _laid(folder, modules):
        clean = printable(tidied(student.strip())) or "unnamed"
        piles.setdefault(clean, []).append(item)
    if not piles:
        raise SubmissionError(f"there are no submissions in {folder}")
    return [_counted(student, piles[student]) for student in sorted(piles)]


def _inner(folder: Path, modules: Sequence[str]) -> Path:
    """The folder in which submissions lie side by side: an archive of a class often holds a single folder."""
    while True:
        inside = [path for path in _visible(folder) if not path.is_symlink()]
        if len(inside) != 1 or not inside[0].is_dir():
            return folder
        if (inside[0] / GRADESCOPE).is_file():
            return inside[0]
        below = _visible(inside[0])
        if not below or not all(path.is_dir() or is_archive(path.name) or named(path.name).versioned for path in below):
            return folder
        if any((path / f"{module}.py").is_file() for module in modules for path in (inside[0], inside[0] / "src")):
            return folder
        folder = inside[0]


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not is_junk((path.name,)))


def _laid(folder: Path, modules: Sequence[str]) -> list[tuple[str, _Item]]:
    """Files and folders, each named after its student."""
    found = []
    for path in _visible(folder):
        if path.is_symlink() and not path.exists():
            continue
        if not path.is_dir() and not path.name.lower().endswith(KNOWN) and not named(path.name).versioned:
            continue  # a gradebook, a readme
        label = os.fsencode(path.name).decode("utf-8", "replace")
        about = named(label)
        found.append((about.student, _Item(label, about.file, path, about.remarks, about.versioned)))
    alone = [item for _, item in found if item.path.suffix == ".py" and item.path.stem in modules]
    if alone and len(alone) == len(found):
        raise SubmissionError(
            f"{folder} looks like one student's folder ({alone[0].label} lies in it); give the folder that holds those "
            "of all students, or use grader check"
        )
    return found


def _exported(folder: Path) -> list[tuple[str, _Item]]:
    """The folders of a Gradescope export; a group's submission is each member's. Raises SubmissionError."""
    table = gradescope(folder)
    if isinstance(table, str):
        raise SubmissionError(f"{folder}: {table}")
    found = []
    for path in _visible(folder):
        if path.is_dir() and not path.is_symlink():
            about = table.get(path.name)
            for student in (about.students if about else ()) or (path.name,):
                item = _Item(path.name, path.name, path, submitted=about.submitted if about else None)
                found.append((student, item))
    return found


def _counted(student: str, items: list[_Item]) -> TurnedIn:
    """What counts: of each file its latest version, and of several submissions the latest."""
    notes: list[str] = list(dict.fromkeys(remark for item in items for remark in item.remarks))
    if all(item.versioned for item in items):
        latest: dict[str, tuple[int, _Item]] = {}
        for item in items:
            file, number = version(item.file)
            if file not in latest or (number, item.changed) > (latest[file][0], latest[file][1].changed):
                latest[file] = (number, item)
        kept = [replace(item, file=file) for file, (_, item) in sorted(latest.items())]
        whose = {item.path for item in kept}
    elif all(item.label != item.file for item in items):  # the files of one submission
        kept, whose = sorted(items, key=lambda item: item.file), {item.path for item in items}
    else:
        kept = [max(items, key=lambda item: (item.changed, item.label))]
        whose = {kept[0].path}
    aside = [item for item in items if item.path not in whose]
    if aside:
        named_aside = ", ".join(printable(item.label) for item in aside[:3]) + (" ..." if len(aside) > 3 else "")
        notes.append(f"handed in several times; the latest counts, left aside: {named_aside}")
    times = [item.submitted for item in kept if item.submitted]
    name = kept[0].label if len(kept) == 1 else f"{kept[0].label} and {len(kept) - 1} more"
    parts = tuple((item.file, item.path) for item in kept)
    return TurnedIn(student, printable(name), parts, max(times) if times else None, tuple(notes))
