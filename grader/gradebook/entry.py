"""What a gradebook tells: a submission, and what became of it.

GradebookError    the gradebook cannot be read or written; the sentence names the file
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.errors import GraderError
from grader.result import Result


class GradebookError(GraderError):
    """No gradebook, or none that can be used."""


@dataclass(frozen=True)
class Handed:
    """What one student has handed in: its name as handed in, when (where that is known), a hash of what is graded, and
    what there is to say about how it came (an earlier version that was left aside)."""

    student: str
    submission: str
    digest: str
    submitted: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded:
    """What became of it, one of three: a record; a problem of the submission's, for which there are no points; a fault
    of the grader's, for which there is no grade."""

    result: Result | None = None
    problem: str | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Entry:
    """A student's submission in the gradebook. While it waits for its grade, `result`, `problem` and `fault` are None.

    Times are in UTC. `settings`: what else the grade rests on (version, device, seed, exercises), as JSON."""

    student: str
    submission: str
    submitted: datetime | None
    digest: str
    result: Result | None
    problem: str | None  # one sentence; nothing could be graded: no points
    fault: str | None  # one sentence; the grader failed: ungraded, never a zero
    attempts: int  # at these contents under these settings
    graded: datetime | None
    notes: tuple[str, ...] = ()
    settings: str = ""

    @property
    def points(self) -> float | None:
        """Its points: none for what could not be graded through its own fault; None where there is no grade, because it
        waits for one or because the grader failed at some of it."""
        if self.result is not None:
            return None if self.result.faults else self.result.points
        return 0.0 if self.problem is not None else None

    @property
    def is_ungraded(self) -> bool:
        """Whether there is no grade."""
        return self.points is None
