"""A class as comma-separated values: a row for each student, a column for each exercise."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.grade import cell, grade, number
from grader.result import Verdict

FORMULA = "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
BEHIND_A_SEMICOLON = re.compile(rf"((?:;|^\")[\s\"]*)(?=[{re.escape(FORMULA)}])")
COLUMNS = ("student", "submission", "submitted", "status", "points", "out_of", "remark")


def csv_of(entries: Iterable[Entry], assignment: Assignment) -> str:
    """The points of an exercise stand in the column of its id, and are empty where there is no grade."""
    exercises = [exercise.id for exercise in assignment.checks.exercises]
    return table([[*COLUMNS, *exercises], *(_row(entry, assignment, exercises) for entry in entries)])


def table(rows: Iterable[Sequence[str | float | None]]) -> str:
    """Rows as RFC 4180 wants them: numbers as they are, texts so that no spreadsheet takes one for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow(["" if x is None else harmless(x) if isinstance(x, str) else number(x) for x in row])
    return text.getvalue()


def harmless(text: str) -> str:
    """One line of text, with an apostrophe where a spreadsheet would compute what follows: at its beginning, and behind
    a semicolon, which parts the cells where a comma parts whole numbers from decimals."""
    line = BEHIND_A_SEMICOLON.sub(r"\1'", cell(text))
    return f"'{line}" if line.startswith(tuple(FORMULA)) or text[:1] in ("\t", "\r", "\n") else line


def _row(entry: Entry, assignment: Assignment, exercises: list[str]) -> list[str | float | None]:
    told = grade(entry, assignment)
    points: dict[str, float | None] = dict.fromkeys(exercises, None if told.points is None else 0.0)
    for one in entry.result.exercises if entry.result is not None else ():
        if one.id in points:
            asked = one.out_of and one.verdict is not Verdict.GRADER_FAULT
            points[one.id] = one.points if asked else None
    submitted = entry.submitted.isoformat() if entry.submitted else ""
    return [
        entry.student,
        entry.submission,
        submitted,
        told.status,
        told.points,
        told.out_of,
        "; ".join(filter(None, (told.sentence, *entry.notes))),
        *points.values(),
    ]
