"""The questions by which rules are measured, in operations and in memory: questions like any other.

Their inputs were given to nobody before, and their answers are checked; where one is not right, nothing was measured.
It is asked plainly then, in a process of its own. What is wrong there is wrong. Whoever is right there, and not where
it is measured, cannot be held to the rule, and so does not keep it.

To be counted makes code slower, and a machine may be slow: whoever did not answer in time is given another time, which
is told by what the plain answer took.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from grader import wire
from grader.explain import Explanation, explain
from grader.interview import Interview
from grader.oracle import OracleFault
from grader.peer import Lost, Peer, PeerLost
from grader.question import Question
from grader.response import Response, response_of
from grader.result import Verdict
from grader.rules import (
    Breach,
    Counts,
    Taken,
    forbidden_breach,
    growth_breach,
    may_be_seen,
    memory_breach,
    refused,
)
from grader.sitting import Sitting
from grader.spec import Exercise, MemoryLimit, NoCalls, OperationsDoNotGrow, Rule, Version
from grader.yardstick import OPERATIONS_LIMIT, Yardstick, used

ATTEMPTS = 2  # in processes of their own the second time: what is unlucky once is not so twice
PATIENCE = 3.0  # times the usual time, for a plain answer and for the second attempt ...
SLOWED = 20.0  # ... or times the plain answer's, by which an operation that is counted is slower at most ...
LONGEST = 12.0  # ... and no more than this, times the usual time
NO_LIMIT = 1 << 62  # of operations, where not their number matters

T = TypeVar("T")


class Check(Protocol):
    """What is wrong with an answer, given the reference's; `remember`: it is the one that counts."""

    def __call__(
        self, question: Question, response: Response, expected: dict[str, Any], remember: bool = True
    ) -> Explanation | None: ...


class Unanswered(Exception):
    """A question by which something is measured has no right answer."""

    def __init__(self, question: Question, response: Response, why: Explanation) -> None:
        super().__init__(why.sentence)
        self.question = question
        self.why = why
        self.is_late = response.is_late


@dataclass(frozen=True)
class Measuring:
    """One exercise, and where its rules are measured: `sitting` may be one process for several exercises, none of
    which was asked there. Everything raises OracleFault, CheckError."""

    yardstick: Yardstick
    interview: Interview
    sitting: Sitting
    exercise: Exercise
    edition: Version | None = None
    check: Check | None = None  # None: for the sake of a sentence, whatever the answers are

    def operations(self) -> tuple[Counts | None, Explanation | None]:
        """The operations at two sizes, where a rule speaks of them, and the rule about operations that is broken."""
        rules = self.exercise.rules
        if grow := next((rule for rule in rules if isinstance(rule, OperationsDoNotGrow)), None):
            sizes, questions, reference = self._sizes()

            def breach(counted: list[wire.Counted]) -> Breach | None:
                counts = Counts(sizes, (counted[0], counted[1]), reference)
                return self._forbidden(counted) or growth_breach(self.exercise, counts)

            told = self._measure(grow, self._counting(questions, OPERATIONS_LIMIT), breach)
            return (Counts(sizes, (told[0][0], told[0][1]), reference) if told[0] else None), told[1]
        calls = next((rule for rule in rules if isinstance(rule, NoCalls)), None)
        if calls is not None and may_be_seen(self.exercise):
            unseen = self.yardstick.unseen(self.exercise)
            return None, self._measure(calls, self._counting([unseen], NO_LIMIT), self._forbidden)[1]
        return None, None

    def counts(self, limit: int = OPERATIONS_LIMIT) -> Counts | None:
        """The operations at two sizes, for a sentence; None where they cannot be counted."""
        sizes, questions, reference = self._sizes()
        attempt = self._counting(questions, limit)
        for number in range(ATTEMPTS):
            worker = self.sitting.fresh()[0] if number else self.sitting.again()
            try:
                counted = attempt(worker, self.exercise.seconds) if worker is not None else None
            except Unanswered:
                continue
            if counted is not None:
                return Counts(sizes, (counted[0], counted[1]), reference)
        return None

    def memory(self) -> Explanation | None:
        """The limit on memory that is exceeded."""
        rule = next((rule for rule in self.exercise.rules if isinstance(rule, MemoryLimit)), None)
        if rule is None:
            return None
        reference = self.yardstick.memory(self.exercise, rule)
        if reference is None:
            return None
        return self._measure(rule, partial(self._taken, rule), partial(memory_breach, rule, reference=reference))[1]

    # -- an attempt ---------------------------------------------------------------------------------------------

    def _measure(
        self, rule: Rule, attempt: Callable[[Peer, float], T], find: Callable[[T], Breach | None]
    ) -> tuple[T | None, Explanation | None]:
        """What is measured: where others were before, if that breaks no rule; else what is measured alone."""
        seconds = self.exercise.seconds
        found: T | None = None
        unanswered: Unanswered | None = None
        why: Explanation | None = None
        worker, failed = self.sitting.again(), None
        for number in range(ATTEMPTS):
            if number or worker is None:
                worker, failed = self.sitting.fresh()
            if worker is None:
                assert failed is not None
                return None, self._lost(failed, self.yardstick.unseen(self.exercise))
            try:
                measured = attempt(worker, seconds)
            except Unanswered as told:
                unanswered = told
                if number + 1 < ATTEMPTS:
                    wrong, taken = self._plainly(told.question)
                    if wrong is not None:
                        return None, wrong
                    patience = max(PATIENCE * self.exercise.seconds, SLOWED * taken)
                    seconds = min(patience, LONGEST * self.exercise.seconds)
                continue
            found, unanswered, breach = measured, None, find(measured)
            if breach is None:
                return found, None
            why = Explanation(Verdict.BROKE_RULE, breach.sentence, cause=type(breach.rule).__name__)
        return (found, why) if unanswered is None else (None, _kept_from(rule, unanswered))

    def _plainly(self, question: Question) -> tuple[Explanation | None, float]:
        """What is wrong with the answer where nothing is measured; and the seconds that it took."""
        worker, response = self.sitting.fresh()
        begin = time.monotonic()
        if worker is not None:
            response = self._put(worker, question.frame, PATIENCE * self.exercise.seconds)[0]
        assert response is not None
        why = self._wrong(question, response, remember=True)
        return why, time.monotonic() - begin

    def _put(self, worker: Peer, frame: wire.Encoded, seconds: float) -> tuple[Response, wire.Counted | None]:
        try:
            reply, data = worker.call_encoded(frame, seconds=seconds)
            if not isinstance(reply, wire.Counted):
                return response_of(reply, data), None
            if not reply.complete:
                return Response(), reply
            answer = reply.outputs if reply.outputs is not None else wire.Packed(None)
            return response_of(wire.Answer(answer, []), data), reply
        except PeerLost as lost:
            return self.interview.gone(worker, lost), None

    def _wrong(self, question: Question, response: Response, remember: bool = False) -> Explanation | None:
        """What is wrong with a response."""
        if response.answer is None:
            return self._lost(response, question)
        expected = self.yardstick.expected(question, self.edition) if self.check else None
        return None if self.check is None or expected is None else self.check(question, response, expected, remember)

    def _lost(self, response: Response, question: Question) -> Explanation:
        """Why there is no answer. Raises OracleFault where it was lost to what no submission has done."""
        if response.lost is not None and response.lost.cause is Lost.GRADER:
            raise OracleFault(response.lost.detail)
        return explain(response, question)

    # -- operations ---------------------------------------------------------------------------------------------

    def _sizes(self) -> tuple[tuple[int, int], tuple[Question, Question], tuple[wire.Counted, wire.Counted]]:
        """Where operations are counted, and the reference's there."""
        sizes = self.yardstick.sizes(self.exercise)
        small, large = (self.yardstick.question(self.exercise, "count", n=n) for n in sizes)
        return sizes, (small, large), self.yardstick.counts(self.exercise, (small, large))

    def _counting(self, questions: Sequence[Question], limit: int) -> Callable[[Peer, float], list[wire.Counted]]:
        """What counts the operations of each question. It raises Unanswered."""

        def attempt(worker: Peer, seconds: float) -> list[wire.Counted]:
            found: list[wire.Counted] = []
            for question in questions:
                response, counted = self._put(worker, self.yardstick.count(question, limit), seconds)
                if counted is not None and not counted.complete:  # nor would the larger ones be
                    return found + [counted] * (len(questions) - len(found))
                if (why := self._wrong(question, response)) is not None:
                    raise Unanswered(question, response, why)
                if counted is None:
                    why = Explanation(Verdict.CRASHED, "it sent something that is no count", cause="protocol")
                    raise Unanswered(question, response, why)
                found.append(counted)
            return found

        return attempt

    def _forbidden(self, counted: Sequence[wire.Counted]) -> Breach | None:
        return next((found for one in counted if (found := forbidden_breach(self.exercise, one))), None)

    # -- memory -------------------------------------------------------------------------------------------------

    def _taken(self, rule: MemoryLimit, worker: Peer, seconds: float) -> Taken | None:
        """What it takes; None where the system tells nothing. Raises Unanswered."""
        questions = self.yardstick.memory_questions(self.exercise, rule)
        try:
            use = used(worker, self.interview.meter(worker), questions, rule, seconds)
        except PeerLost as lost:
            response = self.interview.gone(worker, lost)
            why = self._lost(response, questions[1])
            if response.is_late or (response.status is not None and response.status >= 0):
                raise Unanswered(questions[1], response, why) from None
            return refused(rule)
        finally:
            self.sitting.end()  # what it may use is bounded now
        if use.taken is not None and use.taken.refused:
            return use.taken
        if (wrong := self._wrong(use.question, use.response)) is not None:
            raise Unanswered(use.question, use.response, wrong)
        return use.taken


def _kept_from(rule: Rule, unanswered: Unanswered) -> Explanation:
    """The rule, where it cannot be told whether it is kept."""
    what = "its memory is measured" if isinstance(rule, MemoryLimit) else "its operations are counted"
    told = (
        f"where {what}, {unanswered.why.sentence}; where nothing is measured it answers the same question rightly. "
        f"So nobody can tell that it keeps the rule: {rule.sentence}"
    )
    return replace(unanswered.why, verdict=Verdict.BROKE_RULE, sentence=told, cause=type(rule).__name__)


__all__ = ["Check", "Measuring"]
