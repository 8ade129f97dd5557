"""What is not written yet, told from the source of what is not right: an answer of None or of zeros may be either.

A source is read in a process that has run nobody's code, and only where something has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from grader import wire
from grader.explain import Explanation
from grader.marked import Marked
from grader.peer import PeerLost, printable
from grader.result import CaseResult, Verdict
from grader.rules.source import INSPECT_SECONDS, SOURCE_LIMIT, Blanks
from grader.spec import Exercise
from grader.spec.checks import Module
from grader.worker.failure import MISSING, NOT_WRITTEN

DOUBTFUL = (Verdict.WRONG, Verdict.CRASHED, Verdict.NOT_ATTEMPTED)  # what a placeholder may have come to


class SkeletonReader:
    """What one submission has not written, each module read once, if at all."""

    def __init__(self, blanks: Blanks, sources: Mapping[str, bytes]) -> None:
        self._blanks = blanks
        self._sources = sources
        self._read: dict[str, dict[str, wire.Unwrote]] = {}
        self._unwritten: set[str] = set()  # ids of exercises
        self._failed: set[str] = set()

    def settle(self, exercises: Iterable[Marked]) -> None:
        """Call those of them unwritten that are, and those not that only call something unwritten. What is right, or
        partly right, stays what it is."""
        for marked in exercises:
            if not marked.points and marked.wrong and marked.verdict in DOUBTFUL and not _says_so(marked):
                read = self.about(marked.exercise)
                if read is not None and read.what:
                    whose = read.what in marked.exercise.functions
                    where = f"({marked.exercise.module.name}.py, line {read.line})"
                    _put_down(marked, f"{'' if whose else f'`{printable(read.what)}` is '}not written yet {where}")
                elif read is not None:
                    _reconsider(marked)
                else:
                    self._follow(marked)
            if marked.verdict is Verdict.NOT_ATTEMPTED:
                self._unwritten.add(marked.exercise.id)
            elif marked.verdict is not Verdict.RIGHT:
                self._failed.add(marked.exercise.id)

    def _follow(self, marked: Marked) -> None:
        """An exercise that has no function of its own is as little written as what it needs."""
        needs = marked.exercise.needs
        missing = [need for need in needs if need in self._unwritten]
        if missing and not self._failed.intersection(needs):
            names = " and ".join(f"`{need.partition('.')[2]}`" for need in missing)
            _put_down(marked, f"{names} {'is' if len(missing) == 1 else 'are'} not written yet")

    def about(self, exercise: Exercise) -> wire.Unwrote | None:
        """What was read of the function that an exercise is named after; None where nothing can be."""
        module = exercise.module
        if module.name not in self._read:
            self._read[module.name] = {one.name: one for one in self._ask(module)}
        found = [self._read[module.name].get(name) for name in exercise.functions]
        return next((one for one in found if one is not None and one.found), None)

    def _ask(self, module: Module) -> Sequence[wire.Unwrote]:
        source = self._sources.get(module.name, b"")
        if not source or len(source) > SOURCE_LIMIT:
            return ()
        names = dict.fromkeys(name for one in module.exercises for name in one.functions)
        try:
            worker = self._blanks.fresh()
        except PeerLost:
            return ()  # what was said without it stands
        try:
            reply, _ = worker.call(wire.FindUnwritten(source, list(names)), seconds=INSPECT_SECONDS)
        except PeerLost:
            self._blanks.give_up(worker)
            return ()
        self._blanks.keep(worker)
        return reply.functions if isinstance(reply, wire.Unwritten) else ()


def _says_so(marked: Marked) -> bool:
    """Whether the function itself has said that it is not written, or is not there."""
    failure = next((response.failure for _, response, _ in marked.wrong if response.failure is not None), None)
    if failure is None or marked.verdict is not Verdict.NOT_ATTEMPTED:
        return False
    own = bool(failure.frames) and failure.frames[-1].function == marked.exercise.name.rpartition(".")[2]
    return failure.kind == MISSING or own


def _put_down(marked: Marked, sentence: str) -> None:
    marked.verdict = Verdict.NOT_ATTEMPTED
    marked.explanation = Explanation(Verdict.NOT_ATTEMPTED, sentence)
    marked.cases = [_not_attempted(case) for case in marked.cases]
    marked.wrong, marked.notes = [], []


def _reconsider(marked: Marked) -> None:
    """What is written, and looked as if it were not."""
    if marked.verdict is Verdict.NOT_ATTEMPTED:
        marked.explanation = _of_what_is_written(marked) or marked.explanation
        marked.verdict = marked.explanation.verdict if marked.explanation else marked.verdict


def _not_attempted(case: CaseResult) -> CaseResult:
    if case.verdict is Verdict.RIGHT:
        return case
    return msgspec.structs.replace(case, verdict=Verdict.NOT_ATTEMPTED, error=None)


def _of_what_is_written(marked: Marked) -> Explanation | None:
    """Why a function has no answer that was written, and looked as if it were not."""
    failure = next((response.failure for _, response, _ in marked.wrong if response.failure is not None), None)
    if failure is None:
        sentence = "it returns None: is its `return` missing?"
        return Explanation(Verdict.WRONG, sentence)
    if failure.kind != NOT_WRITTEN or not failure.frames:
        return None
    last = failure.frames[-1]
    function, file = printable(last.function), printable(last.file)
    return Explanation(Verdict.CRASHED, f"it calls `{function}`, which is not written yet ({file}, line {last.line})")
