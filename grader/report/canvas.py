"""A class as the gradebook CSV that Canvas imports.

RosterError     the roster is no gradebook that Canvas exported; the sentence says what it lacks

Canvas recognises a student by ID, SIS User ID or SIS Login ID. They come from a gradebook that was exported from
Canvas, the roster; without one, from the names that Canvas gives to the files of a bulk download:
`lastnamefirstname[_LATE]_<user id>_<submission id>_<file>`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course import Assignment
from grader.errors import GraderError
from grader.gradebook import Entry
from grader.report.csv import table
from grader.report.grade import cell, grade, out_of
from grader.submission.lms import CANVAS

HEADER = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POSSIBLE = "    Points Possible"  # as Canvas writes it


class RosterError(GraderError):
    """No roster."""


@dataclass(frozen=True)
class Person:
    """A student as Canvas knows them: the five cells of HEADER."""

    cells: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        """What a submission of theirs may be called."""
        student, *ids = self.cells[:4]
        last, _, first = student.partition(",")
        return {_plain(name) for name in (student, f"{first} {last}", *ids) if _plain(name)}


@dataclass
class Export:
    """The text to import, and who of the gradebook is not in it: not in the roster, or there already."""

    text: str
    unknown: list[str] = field(default_factory=list)


def canvas_of(
    entries: Iterable[Entry], assignment: Assignment, roster: Sequence[Person] = (), column: str | None = None
) -> Export:
    """The header, the row of points possible, a row for each entry; of what is ungraded the cell is empty.

    `column`: the assignment's name in Canvas, with its id in parentheses where it exists there."""
    graded = [(entry, grade(entry, assignment)) for entry in entries]
    possible = max(
        (told.out_of for entry, told in graded if entry.result is not None), default=out_of(None, assignment)
    )
    export = Export("")
    rows: list[Sequence[str | float | None]] = []
    taken: set[Person] = set()
    for entry, told in graded:
        person = _find(entry, roster) if roster else _from_names(entry)
        if person is None or person in taken:
            export.unknown.append(cell(entry.student))
            continue
        taken.add(person)
        # Where an exercise could not be asked, the others count for it.
        points = None if told.points is None else round(told.points * possible / (told.out_of or possible), 2)
        rows.append([*person.cells, points])
    title = column or f"{assignment.name} {assignment.checks.title}"
    head = table([[*HEADER, title]])
    export.text = head + f"{POSSIBLE},,,,,{table([[possible]])}" + table(rows)
    return export


def read_roster(path: Path) -> list[Person]:
    """The students of a gradebook that was exported from Canvas. Raises RosterError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise RosterError(f"{path} cannot be read as a gradebook of Canvas: {error}") from None
    header = [name.strip() for name in rows[0]] if rows else []
    if "Student" not in header or not {"ID", "SIS User ID", "SIS Login ID"} & set(header):
        raise RosterError(f"{path} is no gradebook that Canvas exported: its first row names no Student and ID")
    people: list[Person] = []
    for row in rows[1:]:
        values = dict(zip(header, row, strict=False))
        person = Person(tuple(values.get(name, "").strip() for name in HEADER))
        if any(person.cells[1:4]):  # the others are "Points Possible" and such
            people.append(person)
    return people


def _find(entry: Entry, roster: Sequence[Person]) -> Person | None:
    """The one student of whom the submission bears a name; the first of its names that is one student's decides."""
    for name in _candidates(entry):
        found = [person for person in roster if name in person.names]
        if len(found) == 1:
            return found[0]
    return None


def _candidates(entry: Entry) -> Iterator[str]:
    stem = entry.submission.partition(".")[0]
    for name in (entry.student, stem, *entry.student.split("_"), *stem.split("_")):
        if _plain(name):
            yield _plain(name)


def _from_names(entry: Entry) -> Person:
    bulk = CANVAS.match(entry.submission)
    if bulk:
        return Person((bulk["who"], bulk["user"], "", "", ""))
    return Person((entry.student, "", "", entry.student, ""))


def _plain(name: str) -> str:
    """Letters and digits only, as Canvas names files."""
    return "".join(c for c in name.casefold() if c.isalnum())
