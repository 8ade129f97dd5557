"""A class as JSON: what the gradebook holds, each record as `grader check --json` writes it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.grade import grade


def json_of(entries: Iterable[Entry], assignment: Assignment) -> bytes:
    """`status` and `points` say what it comes to: points null is ungraded."""
    encoder = msgspec.json.Encoder()
    head = {"schema": 1, "assignment": assignment.name, "title": assignment.checks.title}
    rows = b",\n".join(encoder.encode(_row(entry, assignment)) for entry in entries)
    return encoder.encode(head)[:-1] + b',"submissions":[\n' + rows + b"\n]}\n"


def _row(entry: Entry, assignment: Assignment) -> dict[str, object]:
    told = grade(entry, assignment)
    return {
        "student": entry.student,
        "submission": entry.submission,
        "submitted": entry.submitted,
        "digest": entry.digest,
        "status": told.status,
        "points": told.points,
        "out_of": told.out_of,
        "problem": entry.problem,
        "fault": entry.fault,
        "remark": told.sentence,
        "attempts": entry.attempts,
        "graded": entry.graded,
        "notes": entry.notes,
        "record": entry.result,
    }
