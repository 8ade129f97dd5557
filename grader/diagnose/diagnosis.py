"""What is the matter with one submission, exercise after exercise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.diagnose.again import again
from grader.diagnose.hints import SEARCHED, hints, own_misconceptions
from grader.diagnose.outcome import Right, Wrong
from grader.interview import Imported, Interview
from grader.oracle import Oracle, OracleFault
from grader.question import Question
from grader.spec import Checks, Exercise
from grader.spec.checks import Edition


@dataclass(frozen=True)
class Found:
    """Hints to an exercise, and notes where none could be sought. `own`: as in `Named`."""

    hints: tuple[str, ...] = ()
    own: bool = False
    notes: tuple[str, ...] = ()


class Diagnosis:
    """Seeks hints; those to an exercise help to find those to what needs it, and so come first. `known`: those to
    exercises of this submission that are not asked again."""

    def __init__(self, checks: Checks, oracle: Oracle, known: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._checks = checks
        self._oracle = oracle
        self._known = dict(known or {})  # of every exercise that was asked
        self._failed: set[str] = set()

    def depth(self, exercise: Exercise) -> int:
        """How many others an exercise needs, directly and indirectly: more than any of these do."""
        return len(list(self._checks.prerequisites(exercise)))

    def hints(
        self,
        exercise: Exercise,
        wrong: Sequence[Wrong],
        right: Sequence[Right],
        edition: Edition | None,
        interview: Interview,
        imported: Imported,
    ) -> Found:
        """Misconceptions that explain an exercise's wrong cases; else what asking again shows."""
        self._known[exercise.id] = ()
        if not wrong:
            return Found()
        self._failed.add(exercise.id)
        blocked = any(need in self._failed for need in exercise.needs)
        versions = (edition.version,) if edition else ()
        try:
            named = hints(self._checks, self._oracle, wrong, versions, right, self._known)
            found = named.sentences
            if not found and not blocked:  # else it is put down to what it needs, and asked again once that is right
                found = again(interview, imported, self._oracle, wrong, versions)
        except OracleFault as fault:
            return Found(notes=(f"no hint: {fault}",))
        finally:
            self._oracle.forget()
        self._known[exercise.id] = found
        return Found(found, named.own)

    def foresee(self, questions: Sequence[Question], edition: Edition | None) -> Iterator[None]:
        """Have the reference answer an exercise's questions as each misconception would that `hints` may look at, one
        between two steps: what was answered once is known."""
        exercise = questions[0].exercise
        needed = [need for need in self._checks.prerequisites(exercise) if need.id not in self._known]
        versions = [*own_misconceptions(self._checks, exercise), *(m for need in needed for m in need.misconceptions)]
        for version in versions if exercise.seconds <= SEARCHED else []:
            try:
                for question in questions:
                    self._oracle.answer(question, *([edition.version] if edition else []), version)
            except OracleFault:
                pass  # it explains nothing
            finally:
                self._oracle.forget()
            yield
