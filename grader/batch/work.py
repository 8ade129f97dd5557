"""What a slot is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

from grader.gradebook import Entry, Graded, Handed
from grader.submission import TurnedIn


@dataclass(frozen=True)
class Work:
    """A submission that is to be graded. `before`: its last grade, where the assignment was another one then.
    `earlier`: how many others of the same student were graded before it."""

    turned_in: TurnedIn
    handed: Handed
    before: Entry | None = None
    earlier: int = 0


@dataclass(frozen=True)
class Done:
    """What became of it, in how many attempts, and what there is to say about how it came."""

    graded: Graded
    tries: int = 1
    notes: tuple[str, ...] = ()
