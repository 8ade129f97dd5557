"""What a regrade has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.gradebook import Entry, Gradebook
from grader.result import ExerciseResult


@dataclass(frozen=True)
class Change:
    """A student whose grade is another one than before. `exercises`: those that are told differently, as they were and
    as they are; one of the two is None where an exercise is new or gone."""

    student: str
    before: Entry
    after: Entry
    exercises: tuple[tuple[ExerciseResult | None, ExerciseResult | None], ...] = ()

    @property
    def points(self) -> tuple[float | None, float | None]:
        """Before and after; None where there is no grade."""
        return self.before.points, self.after.points


def changes(book: Gradebook, assignment: str) -> Iterator[Change]:
    """For each student, in order, the last grade against the one before it, where points, verdicts or the problem
    differ. A fault is no grade; neither is what waits."""
    for entry in book.entries(assignment):
        grades = [one for one in book.history(assignment, entry.student) if not one.is_ungraded]
        if len(grades) < 2:
            continue
        before, after = grades[-2:]
        exercises = _differing(before, after)
        if exercises or before.problem != after.problem or before.points != after.points:
            yield Change(entry.student, before, after, exercises)


def _differing(before: Entry, after: Entry) -> tuple[tuple[ExerciseResult | None, ExerciseResult | None], ...]:
    old, new = (
        {one.id: one for one in entry.result.exercises} if entry.result is not None else {} for entry in (before, after)
    )
    pairs = [(old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]
    return tuple(pair for pair in pairs if _grade(pair[0]) != _grade(pair[1]))


def _grade(one: ExerciseResult | None) -> tuple[object, ...]:
    return () if one is None else (one.verdict, one.points, one.out_of)
