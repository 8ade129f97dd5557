"""What an entry of the gradebook comes to: points, or none yet. Every export rests on it."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course import Assignment
from grader.explain import LONGEST, told_safely
from grader.gradebook import Entry
from grader.result import Result

GRADED, NOTHING, UNGRADED = "graded", "nothing to grade", "ungraded"


@dataclass(frozen=True)
class Grade:
    """`points` None: ungraded, which is no zero. `out_of`: all points of the assignment, but those of exercises that
    could not be asked where it was graded. `sentence`: why there are none, or no grade."""

    status: str
    points: float | None
    out_of: float
    sentence: str | None = None


def grade(entry: Entry, assignment: Assignment) -> Grade:
    """A record with a fault of the grader's in it is ungraded as a whole; a submission in which there was nothing to
    grade has no points."""
    possible = out_of(entry.result, assignment)
    if entry.fault is not None:
        return Grade(UNGRADED, None, possible, cell(entry.fault))
    if entry.result is not None:
        faults = entry.result.faults
        if faults:
            return Grade(UNGRADED, None, possible, cell(f"{faults[0].id}: {faults[0].sentence}"))
        return Grade(GRADED, entry.points, possible)
    if entry.problem is not None:
        return Grade(NOTHING, entry.points, possible, cell(entry.problem))
    return Grade(UNGRADED, None, possible, "not graded yet")


def out_of(result: Result | None, assignment: Assignment) -> float:
    """The points that could be had: of a file that was not handed in too, but not of what needs another machine."""
    away = {one.id for one in result.exercises if one.out_of == 0} if result is not None else set()
    return round(sum(one.points for one in assignment.checks.exercises if one.id not in away), 6)


def cell(text: str) -> str:
    """A text of any origin as one line without control characters, of bounded length."""
    return told_safely(" ".join(text[:LONGEST].split()))


def number(value: float) -> str:
    """At most four digits after the point: "91.5", "8"."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text
