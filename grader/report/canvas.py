"""A class as the gradebook CSV that Canvas imports.

RosterError     the roster is no gradebook that Canvas exported; the sentence says what it lacks

Canvas recognises a student by ID, SIS User ID or SIS Login ID. They come from a gradebook that was exported from
Canvas, the roster; without one, from the names that Canvas gives to the files of a bulk download:
`lastnamefirstname[_LATE]_<user id>_<attachment id>_<file>`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from grader.course import Assignment
from grader.errors import GraderError
from grader.gradebook import Entry
from grader.report.csv import table
from grader.report.grade import cell, grade, out_of
from grader.submission.lms import ANONYMOUS, names_beside

HEADER = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
NUMBERED = {"Moodle", "Brightspace", ANONYMOUS}  # their numbers are not ids of Canvas's
MORE = re.compile(r" and \d+ more$")
POSSIBLE = "    Points Possible"  # as Canvas writes it


class RosterError(GraderError):
    """No roster."""


@dataclass(frozen=True)
class Person:
    """A student as Canvas knows them: the five cells of HEADER."""

    cells: tuple[str, ...]

    @cached_property
    def ids(self) -> set[str]:
        """What is theirs alone."""
        return {_plain(name) for name in self.cells[1:4] if _plain(name)}

    @cached_property
    def names(self) -> set[str]:
        """What a submission of theirs may be called."""
        student = self.cells[0]
        last, _, first = student.partition(",")
        return {_plain(name) for name in (student, f"{first} {last}") if _plain(name)} | self.ids


@dataclass
class Export:
    """The text to import, and who of the gradebook is not in it: not in the roster, or there already, or anonymous."""

    text: str
    unknown: list[str] = field(default_factory=list)


def canvas_of(
    entries: Iterable[Entry], assignment: Assignment, roster: Sequence[Person] = (), column: str | None = None
) -> Export:
    """The header, the row of points possible, a row for each entry; of what is ungraded the cell is empty.

    `column`: the assignment's name in Canvas, with its id in parentheses where it exists there. Raises RosterError."""
    graded = [(entry, grade(entry, assignment)) for entry in entries]
    possible = max(
        (told.out_of for entry, told in graded if entry.result is not None), default=out_of(None, assignment)
    )
    export = Export("")
    rows: list[Sequence[str | float | None]] = []
    whose = [entry for entry, _ in graded]
    persons = _found(whose, roster) if roster else list(map(_from_names, whose))
    for (entry, told), person in zip(graded, persons, strict=True):
        if person is None:
            export.unknown.append(cell(entry.student))
            continue
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
        rows = _rows(path.read_bytes())
    except UnicodeError:
        raise RosterError(
            f"{path} is no gradebook of Canvas: it is text in neither UTF-8, UTF-16 nor Windows-1252"
        ) from None
    except (OSError, ValueError, csv.Error) as error:
        raise RosterError(f"{path} cannot be read as a gradebook of Canvas: {error}") from None
    header = [name.strip() for name in rows[0]] if rows else []
    if "Student" not in header or not {"ID", "SIS User ID", "SIS Login ID"} & set(header):
        raise RosterError(f"{path} is no gradebook that Canvas exported: its first row names no Student and ID")
    found: list[Person] = []
    for row in rows[1:]:
        values = dict(zip(header, row, strict=False))
        person = Person(tuple(values.get(name, "").strip() for name in HEADER))
        if any(person.cells[1:4]):  # the others are "Points Possible" and such
            found.append(person)
    return found


def _rows(data: bytes) -> list[list[str]]:
    """The cells, in whatever way a spreadsheet has saved them again: in UTF-8, UTF-16 or Windows-1252, between commas,
    semicolons or tabs. Raises ValueError, csv.Error."""
    text = _text(data)
    found = [list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) for delimiter in ",;\t"]
    return next(
        (rows for rows in found if rows and len(rows[0]) > 1 and "Student" in map(str.strip, rows[0])), found[0]
    )


def _text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or data[1:2] == b"\0":
        return data.decode("utf-16" if data[1:2] != b"\0" else "utf-16-le")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


# -- who is who ----------------------------------------------------------------------------------------------------


def _found(entries: Sequence[Entry], roster: Sequence[Person]) -> list[Person | None]:
    """The student of each entry; None where there is none, or one whom another entry names more surely. Raises
    RosterError if two name the same one alike: neither is to be lost."""
    found = [_find(entry, roster) for entry in entries]
    sure: dict[Person, tuple[int, int]] = {}
    for number, claim in enumerate(found):
        if claim is None:
            continue
        person, rank = claim
        if person in sure and sure[person][0] == rank:
            names = " and ".join(cell(entries[one].student) for one in (sure[person][1], number))
            raise RosterError(
                f"{names} are both {cell(person.cells[0])} ({cell(person.cells[1])}) of the roster: it takes one"
            )
        sure[person] = min(sure.get(person, (rank, number)), (rank, number))
    return [claim[0] if claim and sure[claim[0]][1] == number else None for number, claim in enumerate(found)]


def _find(entry: Entry, roster: Sequence[Person]) -> tuple[Person, int] | None:
    """The one student whom the submission names, and how surely: by an id (0), by the name (1), by parts of it, which
    all must be the same student's (2). What a student has called a file names nobody."""
    beside = names_beside(MORE.sub("", entry.submission), entry.student)
    ids = {_plain(entry.student)} if "Canvas" in beside or not beside.keys() & NUMBERED else set()
    names = ids | {_plain(who) for some in beside.values() for who in some}
    whole = [[person for person in roster if person.ids & ids], [person for person in roster if person.names & names]]
    for rank, found in enumerate(whole):
        if len(found) == 1:
            return found[0], rank
    split = entry.student.split("_") if ids else []
    parts = [{person for person in roster if _plain(part) in person.names} for part in split]
    same = set.intersection(*some) if (some := list(filter(None, parts))) else set()
    return (same.pop(), len(whole)) if len(same) == 1 else None


def _from_names(entry: Entry) -> Person | None:
    beside = names_beside(MORE.sub("", entry.submission), entry.student)
    if ANONYMOUS in beside:
        return None
    who = beside.get("Canvas")
    if who is None:
        return Person((entry.student, "", "", entry.student, ""))
    number = entry.student.removeprefix(f"{who[0]}_") if who else entry.student
    return Person((who[0] if who else number, number, "", "", ""))


def _plain(name: str) -> str:
    """Letters and digits only, as Canvas names files."""
    return "".join(c for c in name.casefold() if c.isalnum())
