"""What is the matter with one submission, exercise after exercise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.diagnose.again import again
from grader.diagnose.hints import hints, prerequisites
from grader.diagnose.outcome import Right, Wrong
from grader.interview import Imported, Interview
from grader.oracle import Oracle, OracleFault
from grader.spec import Checks, Exercise
from grader.spec.checks import Edition


@dataclass(frozen=True)
class Found:
    """Hints to an exercise, and notes where none could be sought. `own`: as in `Named`."""

    hints: tuple[str, ...] = ()
    own: bool = False
    notes: tuple[str, ...] = ()


class Diagnosis:
    """Seeks hints; those to an exercise help to find those to what needs it, and so come first."""

    def __init__(self, checks: Checks, oracle: Oracle) -> None:
        self._checks = checks
        self._oracle = oracle
        self._known: dict[str, tuple[str, ...]] = {}  # of every exercise that was asked

    def depth(self, exercise: Exercise) -> int:
        """How many others an exercise needs, directly and indirectly: more than any of these do."""
        return len(list(prerequisites(self._checks, exercise)))

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
        versions = (edition.version,) if edition else ()
        try:
            named = hints(self._checks, self._oracle, wrong, versions, right, self._known)
            found = named.sentences or again(interview, imported, self._oracle, wrong, versions)
        except OracleFault as fault:
            return Found(notes=(f"no hint: {fault}",))
        finally:
            self._oracle.forget()
        self._known[exercise.id] = found
        return Found(found, named.own)
