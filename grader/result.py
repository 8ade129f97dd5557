"""Verdicts, scores and the record that `--json` and the gradebook hold: plain frozen data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What became of an exercise or a case."""

    RIGHT = "right"
    EDGE = "edge"  # every core case is right
    WRONG = "wrong"
    TOO_SLOW = "too_slow"
    BROKE_RULE = "broke_rule"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    NEEDS_CUDA = "needs_cuda"
    ENVIRONMENT = "environment"
    NOT_ATTEMPTED = "not_attempted"
    BLOCKED = "blocked"
    GRADER_FAULT = "grader_fault"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return WORDS.get(self, self.value.replace("_", " "))


WORDS = {
    Verdict.EDGE: "right, but for an edge",
    Verdict.BROKE_RULE: "broke a rule",
    Verdict.NEEDS_CUDA: "needs CUDA",
}


class CaseResult(msgspec.Struct, frozen=True):
    """One case. `error`: the largest error in units of its output's scale; None when there is no finite one, and of
    hidden cases, whose answers could be reckoned from it."""

    name: str
    hidden: bool
    verdict: Verdict
    error: float | None = None


class Speed(msgspec.Struct, frozen=True):
    """A timed verdict: the ratio to the reference's time and how sure it is. `pairs` 0: it did not end in time, and the
    ratio is at least what is given. Operations are counted at two sizes, the second twice the first."""

    ratio: float
    interval: tuple[float, float]
    limit: float
    pairs: int
    speedup_over_naive: float | None = None
    operations: tuple[int, ...] = ()
    wall: float | None = None  # the ratio of wall times
    clock: str = "cpu"  # which decided: "wall" where the system tells no CPU times
    naive_size: int | None = None  # at which the naive version was timed
    reference_operations: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()  # at which operations were counted


Rows = tuple[tuple[float | None, ...], ...]  # of a table of numbers; None where one is not finite


class Excerpt(msgspec.Struct, frozen=True):
    """Part of a wrong output of a public case, to be drawn: the rows and columns around its largest error."""

    case: str
    place: str  # "dx[0, 4:16, 0:12]"
    expected: Rows
    got: Rows
    errors: Rows  # in units of the output's scale
    limit: float  # the tolerated error


class ExerciseResult(msgspec.Struct, frozen=True):
    """One exercise. `cause`: the limit that was hit, or the prerequisite that failed."""

    id: str
    points: float
    out_of: float
    verdict: Verdict
    cause: str | None = None
    sentence: str | None = None
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()  # limits and rules that are told and cost nothing
    details: tuple[str, ...] = ()  # where and by how much, frames of a traceback: lines of text
    printed: str = ""
    cases: tuple[CaseResult, ...] = ()
    speed: Speed | None = None
    excerpt: Excerpt | None = None
    basis: str = ""  # in a gradebook: a hash of what the verdict rests on beside the submission

    @property
    def told(self) -> str:
        """The verdict in one line, where no badge stands beside it: the sentence, or the verdict's own words."""
        if self.verdict is Verdict.EDGE and self.sentence:
            return f"{self.verdict.words}: {self.sentence}"
        return self.sentence or self.verdict.words


class ModuleResult(msgspec.Struct, frozen=True):
    """One file. `edition`: the right answer under which it was graded, where it is not the usual one."""

    name: str
    imported: bool
    sentence: str | None = None
    placeholders: tuple[str, ...] = ()
    edition: str | None = None
    printed: str = ""


class Result(msgspec.Struct, frozen=True):
    """One submission's record."""

    assignment: str
    version: str
    submission: str
    device: str
    sandbox: str
    points: float
    out_of: float
    seed: str
    modules: tuple[ModuleResult, ...]
    exercises: tuple[ExerciseResult, ...]
    schema: int = 1

    def with_exercises(self, exercises: Iterable[ExerciseResult]) -> Result:
        """The record with these exercises; the points are their sums."""
        kept = tuple(exercises)
        return msgspec.structs.replace(
            self,
            exercises=kept,
            points=round(sum(one.points for one in kept), 6),
            out_of=round(sum(one.out_of for one in kept), 6),
        )

    @property
    def all_right(self) -> bool:
        """Whether everything that could be asked here is right."""
        return all(one.verdict is Verdict.RIGHT or one.out_of == 0 for one in self.exercises)

    @property
    def how_many_right(self) -> str:
        """ "6 of 8 exercises right, 1 more but for an edge": of those that could be asked here."""
        verdicts = [one.verdict for one in self.exercises if one.out_of]
        edges = verdicts.count(Verdict.EDGE)
        told = f"{verdicts.count(Verdict.RIGHT)} of {len(verdicts)} exercises right"
        return f"{told}, {edges} more but for an edge" if edges else told

    @property
    def faults(self) -> list[ExerciseResult]:
        """What the grader itself failed at."""
        return [exercise for exercise in self.exercises if exercise.verdict is Verdict.GRADER_FAULT]

    def to_json(self) -> bytes:
        """The record, indented."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def finite(error: float) -> float | None:
    """The error, or None when it is NaN or infinite."""
    return error if math.isfinite(error) else None
