"""What a regrade takes over from the grade before: the exercises that rest on what they rested on then."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from grader.basis import bases
from grader.course import Assignment
from grader.gradebook import Entry
from grader.result import ExerciseResult, Result, Verdict


@dataclass(frozen=True)
class Carried:
    """A record of before. `touched`: the exercises whose verdicts may be others now; `asked`: with them those that what
    is said of them may name, or that decide about their module's edition with them."""

    before: Result
    touched: frozenset[str]
    asked: frozenset[str]

    @classmethod
    def of(cls, entry: Entry | None, assignment: Assignment) -> Carried | None:
        """What an entry has for the assignment as it is now; None where nothing of it can be kept."""
        if entry is None or entry.result is None:
            return None
        checks, now = assignment.checks, bases(assignment)
        old = {one.id: one for one in entry.result.exercises}
        touched = {name for name, basis in now.items() if name not in old or not _is_kept(old[name], basis)}
        for module in checks.modules.values():
            names = {exercise.id for exercise in module.exercises}
            if module.editions and touched & names:
                touched |= names
        if len(touched) == len(now):
            return None
        asked = touched | {need.id for name in touched for need in checks.prerequisites(checks[name])}
        return cls(entry.result, frozenset(touched), frozenset(asked))

    def merged(self, new: Result | None, assignment: Assignment) -> Result:
        """The record of now: `new` for what was touched (None: nothing was), the one before for the rest."""
        version, old = assignment.version, {one.id: one for one in self.before.exercises}
        fresh = {one.id: one for one in new.exercises if one.id in self.touched} if new is not None else {}
        wanted = [exercise.id for exercise in assignment.checks.exercises]
        exercises = tuple((fresh if name in self.touched else old)[name] for name in wanted if name in {*fresh, *old})
        modules = {one.name: one for one in self.before.modules}
        if new is not None:
            again = {name.partition(".")[0] for name in self.touched}
            modules |= {one.name: one for one in new.modules if one.name in again}
        return msgspec.structs.replace(
            (self.before if new is None else new).with_exercises(exercises),
            version=version,
            modules=tuple(modules[name] for name in assignment.checks.modules if name in modules),
        )


def with_bases(result: Result, assignment: Assignment) -> Result:
    """The record, with what each exercise rests on."""
    known = bases(assignment)
    exercises = tuple(msgspec.structs.replace(one, basis=known.get(one.id, "")) for one in result.exercises)
    return msgspec.structs.replace(result, exercises=exercises)


def _is_kept(old: ExerciseResult, basis: str) -> bool:
    return old.basis == basis and old.verdict is not Verdict.GRADER_FAULT
