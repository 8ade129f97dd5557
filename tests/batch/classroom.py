"""A class of the toy course: submissions whose points are known, and batches over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.batch import Batch, Ended, Request, run_batch
from grader.course import Assignment
from grader.gradebook import Entry, Gradebook
from tests.conftest import TOY

ALGEBRA = (TOY / "solutions" / "t1" / "algebra.py").read_text()
CHANCE = (TOY / "solutions" / "t1" / "chance.py").read_text()
ADDED = ALGEBRA.replace("return x * factor", "return x + factor")
RIGHT, HALF = 100.0, 70.0  # points: of both modules, of algebra alone


@dataclass
class Told:
    """What a batch has told."""

    batch: Batch
    ended: list[Ended] = field(default_factory=list)


def hand_in(folder: Path, student: str, algebra: str | None = ALGEBRA, chance: str | None = CHANCE) -> None:
    """A student's folder."""
    place = folder / student
    place.mkdir(parents=True, exist_ok=True)
    for name, text in (("algebra", algebra), ("chance", chance)):
        if text is not None:
            (place / f"{name}.py").write_text(text)


def grade_all(
    toy: Assignment, submissions: Path, out: Path, tell: Callable[[Ended | None], None] = lambda ended: None, **how: Any
) -> Told:
    """Run a batch here, without cages and clock unless `how` says otherwise."""
    request = Request(toy, submissions, out, **{"jobs": 1, "levels": ("none",), "timed": False, **how})
    told = Told(Batch())

    def note(ended: Ended | None) -> None:
        if ended is not None:
            told.ended.append(ended)
        tell(ended)

    run_batch(request, told.batch, note)
    return told


def entries(out: Path) -> dict[str, Entry]:
    """What the gradebook says, by student."""
    with Gradebook.open(out) as book:
        return {entry.student: entry for entry in book.entries("t1")}


def results(out: Path) -> dict[str, int]:
    """How many grades each student has ever been given."""
    with Gradebook.open(out) as book:
        return {
            entry.student: sum(not one.is_ungraded for one in book.history("t1", entry.student))
            for entry in book.entries("t1")
        }
