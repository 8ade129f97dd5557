"""A class's submissions, as they come from a learning platform or were laid side by side: one for each student."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.peer import printable
from grader.submission import canvas, layouts
from grader.submission.archives import OTHERS, SUFFIXES, is_archive, stem
from grader.submission.gradescope import TABLE, gradescope
from grader.submission.lms import read_names
from grader.submission.named import Named
from grader.submission.names import is_junk, tidied
from grader.submission.opening import SubmissionError

KNOWN = (".py", ".ipynb", *SUFFIXES, *OTHERS)
GRADESCOPE = re.compile(r"assignment_\d+_export")


@dataclass(frozen=True)
class TurnedIn:
    """What counts of what one student has handed in: names as handed in, and where they lie; "" is the name of a folder
    whose contents are all there is. A later part replaces what an earlier one holds under the same name."""

    student: str
    name: str
    parts: tuple[tuple[str, Path], ...]
    submitted: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Item:
    label: str  # of the file or folder among the submissions
    path: Path
    named: Named
    submitted: datetime | None = None


def collect(
    folder: Path, modules: Sequence[str], assignment: str = "", say: Callable[[str], None] = lambda remark: None
) -> list[TurnedIn]:
    """The submissions in a folder, by student. `assignment`: its name, which some exports hold; `say` is told what
    concerns the whole class. Raises SubmissionError where there are none."""
    folder = _inner(folder, modules, say)
    items = _exported(folder) if (folder / TABLE).is_file() else _laid(folder, modules, assignment, say)
    piles: dict[str, list[_Item]] = defaultdict(list)
    for item in _told_apart(items):
        piles[item.named.student].append(item)
    if not piles:
        raise SubmissionError(f"there are no submissions in {folder}")
    names = _clean(list(piles))
    return sorted((_counted(names[raw], pile) for raw, pile in piles.items()), key=lambda one: one.student)


def _inner(folder: Path, modules: Sequence[str], say: Callable[[str], None]) -> Path:
    """The folder in which submissions lie side by side: an archive of a class often holds a single folder. What a
    student has made is not entered: a folder that has a student's name, as far as that can be told."""
    while folder.name not in layouts.STUDENTS_LIE_IN:
        inside = [path for path in _visible(folder) if not path.is_symlink()]
        if len(inside) != 1 or not inside[0].is_dir() or read_names([inside[0].name]).platform:
            break
        if (inside[0] / TABLE).is_file() and GRADESCOPE.fullmatch(inside[0].name):
            return inside[0]
        below = _visible(inside[0])
        export = read_names([path.name for path in below])
        if not below or not (export.platform or all(path.is_dir() or is_archive(path.name) for path in below)):
            break
        if any((path / f"{module}.py").is_file() for module in modules for path in (inside[0], inside[0] / "src")):
            break
        folder = inside[0]
        if not export.platform and not layouts.is_class(folder):
            say(f"{printable(folder.name)} is taken for the class's folder: what lies in it are the submissions")
    return folder


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not is_junk((path.name,)))


def _label(path: Path) -> str:
    return os.fsencode(path.name).decode("utf-8", "replace")


def _laid(folder: Path, modules: Sequence[str], assignment: str, say: Callable[[str], None]) -> list[_Item]:
    """Files and folders, each of the student whom its name tells; of a name that tells none it is the student's."""
    paths = {_label(path): path for path in _visible(folder) if not path.is_symlink() or path.exists()}
    known = [label for label, path in paths.items() if path.is_dir() or label.lower().endswith(KNOWN)]
    export = read_names(list(paths), known)
    if not export.platform:
        alone = [name for name in known if paths[name].is_file() and stem(name).lower() in {m.lower() for m in modules}]
        if alone and len(alone) == len(known):
            raise SubmissionError(
                f"{folder} looks like one student's folder ({alone[0]} lies in it); give the folder that holds those "
                "of all students, or use grader check"
            )
        laid = layouts.read_layout(folder, {label: paths[label] for label in known}, assignment, say)
        return [_Item(label, path, named) for label, path, named in laid]
    labels = layouts.of_assignment(export, list(paths), folder, assignment)
    others = [label for label in known if label not in export.named]
    say(f"read as what {export.platform} hands out: {len({export.named[one].student for one in labels})} students")
    if others:
        named = ", ".join(map(printable, others[:3])) + (" ..." if len(others) > 3 else "")
        say(f"without a name of {export.platform}'s, so each is taken for a student of its own: {named}")
    found = [_Item(label, paths[label], export.named[label]) for label in labels]
    return found + [_Item(label, paths[label], layouts.own(label, paths[label])) for label in others]


def _exported(folder: Path) -> list[_Item]:
    """The folders of a Gradescope export; a group's submission is each member's. Raises SubmissionError."""
    table = gradescope(folder)
    if isinstance(table, str):
        raise SubmissionError(f"{folder}: {table}")
    found = []
    for path in _visible(folder):
        if path.is_dir() and not path.is_symlink():
            about = table.get(path.name)
            submitted = about.submitted if about else None
            attempt = (submitted.timestamp() if submitted else path.stat().st_mtime, path.name)
            for student in (about.students if about else ()) or (path.name,):
                named = Named(student, path.name, remarks=about.remarks if about else (), attempt=attempt)
                found.append(_Item(path.name, path, named, submitted))
    return found


def _told_apart(items: Sequence[_Item]) -> list[_Item]:
    """The same, with ids that several people have made longer by their names: smith_2026_1_a1.zip, jones_2026_1_a1.zip.
    Nobody's file comes to be somebody else's by it."""
    people: dict[str, set[str]] = defaultdict(set)
    for item in items:
        people[item.named.student].add(item.named.who)
    found = []
    for item in items:
        named = item.named
        if len(people[named.student]) > 1:
            remark = f"several people have the number {printable(named.student)}: they are told apart by their names"
            student = f"{named.who}_{named.student}" if named.who else named.student
            named = replace(named, student=student, remarks=(*named.remarks, remark))
        found.append(replace(item, named=named))
    return found


def _clean(students: Sequence[str]) -> dict[str, str]:
    """Names that every file system and terminal takes, another one for each student: who has such a name keeps it."""
    clean = {raw: printable(tidied(raw.strip())) or "unnamed" for raw in students}
    taken = {raw for raw in students if clean[raw] == raw}
    for raw in students:
        if raw not in taken:
            if clean[raw] in taken:
                clean[raw] = f"{clean[raw][:150]}~{hashlib.sha256(os.fsencode(raw)).hexdigest()[:12]}"
            taken.add(clean[raw])
    return clean


def _counted(student: str, items: list[_Item]) -> TurnedIn:
    """What counts: of several submissions the last one, and of each of its files the last version."""
    notes: list[str] = list(dict.fromkeys(remark for item in items for remark in item.named.remarks))
    last = max(item.named.attempt for item in items)
    kept = _versions([item for item in items if item.named.attempt == last])
    kept.sort(key=lambda item: (item.named.order if not item.named.versioned else 0, item.named.file, item.label))
    whose = {item.path for item in kept}
    aside = [item for item in items if item.path not in whose]
    if aside:
        named_aside = ", ".join(printable(item.label) for item in aside[:3]) + (" ..." if len(aside) > 3 else "")
        notes.append(f"handed in several times; the latest counts, left aside: {named_aside}")
    if sum(item.named.file == "" for item in kept) > 1:
        notes.append(f"handed in {len(kept)} times; of each file the latest counts")
    times = [item.submitted for item in kept if item.submitted]
    name = kept[0].label if len(kept) == 1 else f"{kept[0].label} and {len(kept) - 1} more"
    parts = tuple((item.named.file, item.path) for item in kept)
    return TurnedIn(student, printable(name), parts, max(times) if times else None, tuple(notes))


def _versions(items: list[_Item]) -> list[_Item]:
    """Of knn.py, knn-1.py and knn-2.py the last that was handed in, as knn.py. part-1.py and part-2.py are two files if
    there is no part.py."""
    groups: dict[str, list[_Item]] = defaultdict(list)
    for item in items:
        groups[canvas.version(item.named.file)[0] if item.named.versioned else item.label].append(item)
    kept = []
    for file, group in groups.items():
        if not group[0].named.versioned or (len(group) > 1 and not any(item.named.file == file for item in group)):
            kept += group
        else:
            latest = max(group, key=lambda item: (item.named.order, canvas.version(item.named.file)[1], item.label))
            kept.append(replace(latest, named=replace(latest.named, file=file)))
    return kept
