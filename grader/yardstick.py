"""What is measured of the reference, once for many submissions: its operations, its memory, how slow naive code is."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader import wire
from grader.clock import Runner, TooShort, fresh, ratios
from grader.meter import Meter, ProcessMeter
from grader.oracle import REFERENCE_SECONDS, Oracle, OracleFault
from grader.peer import Peer, PeerLost
from grader.question import Question, draw
from grader.response import Response, response_of
from grader.rules import MEGABYTE, Taken, given, refused
from grader.spec import CheckError, Exercise, MemoryLimit, Version
from grader.worker.failure import MEMORY

OPERATIONS_LIMIT = 50_000  # counted of one question; each costs some 10 microseconds
ENOUGH = 5_000  # counted of one that was not waited for: so many explain it
SMALLER = 16  # operations are counted at this part of the timed size, and at twice that
LOADED = 50 * MEGABYTE  # that a first question may bring into memory: libraries, tables
NAIVE_SECONDS = 0.02  # the naive version is timed at the first size at which it takes so long
NAIVE_PARTS = (16, 4, 1)  # parts of the timed size that are tried for it, one after the other


class Yardstick:
    """What is known of the reference of one assignment."""

    def __init__(self, oracle: Oracle, secret: bytes, data: Path) -> None:
        self.oracle = oracle
        self.secret = secret
        self.data = data

    def question(self, exercise: Exercise, label: object, **size: int) -> Question:
        """Inputs of the timed case, never drawn under another label; kept for the next submission where the label is a
        word, and drawn again for each race, whose inputs are many and large. Raises CheckError."""
        if not isinstance(label, str):
            return fresh(exercise, self.secret, self.data, label, **size)
        key = ("fresh", exercise.id, label, *sorted(size.items()), self.secret)
        return self.oracle.known.get(key, lambda: fresh(exercise, self.secret, self.data, label, **size))

    def sizes(self, exercise: Exercise) -> tuple[int, int]:
        """Where operations are counted: small, if the case can be drawn small."""
        assert exercise.timed_case is not None
        n = exercise.timed_case.size
        small = max(n // SMALLER, 2)
        try:
            self.question(exercise, "count", n=small)
        except CheckError:
            return n, 2 * n
        return small, 2 * small

    def smaller(self, exercise: Exercise) -> Question | None:
        """A question of the timed case with smaller inputs, None if it cannot be drawn smaller."""
        assert exercise.timed_case is not None
        small, _ = self.sizes(exercise)
        return self.question(exercise, "small", n=small) if small < exercise.timed_case.size else None

    def unseen(self, exercise: Exercise) -> Question:
        """A question of a case that costs all points, with inputs that nobody was given before: of a hidden one, where
        there is one. Raises CheckError."""
        core = [case for case in exercise.cases if case.worth is None] or list(exercise.cases)
        case = next((case for case in core if case.hidden), core[0])
        drawn = replace(case, name=f"{case.name}/count", hidden=True)
        key = ("unseen", exercise.id, self.secret)
        return self.oracle.known.get(key, lambda: draw(exercise, drawn, self.secret, self.data))

    def expected(self, question: Question, edition: Version | None) -> dict[str, Any] | None:
        """The right answer to a question by which something is measured; None where the reference is not at hand, and
        where the inputs are those of a public case with other numbers, which nobody has looked at. Raises
        OracleFault."""
        name = question.case.name.partition("/")[0]
        looked_at = {case.name for case in question.exercise.cases if case.hidden}
        timed = question.exercise.timed_case
        if self.oracle.measured(question.exercise) is not None:
            return None
        if name not in looked_at and (timed is None or name != timed.name):
            return None
        return self.oracle.expected(question, edition)

    def counts(self, exercise: Exercise, questions: tuple[Question, Question]) -> tuple[wire.Counted, wire.Counted]:
        """The reference's operations at the two sizes. Raises OracleFault."""
        known = self.oracle.measured(exercise)
        if known is None:
            return self.counted(questions[0]), self.counted(questions[1])
        if known.operations is None:
            return wire.Counted(0, False, []), wire.Counted(0, False, [])
        small, large = known.operations
        return wire.Counted(small, True, []), wire.Counted(large, True, [])

    def count(self, question: Question, limit: int = OPERATIONS_LIMIT) -> wire.Encoded:
        """The request to count a question's operations, up to so many."""
        return self.oracle.known.get(("count", question.key, limit), lambda: _count(question, limit))

    def counted(self, question: Question) -> wire.Counted:
        """The reference's operations. Raises OracleFault."""
        return self.oracle.known.get(("operations", question.key), lambda: self._count(question))

    def _count(self, question: Question) -> wire.Counted:
        worker = self.oracle.another(question.exercise.module.name)
        reply, _ = _call(worker, self.count(question))
        self.oracle.end(worker)
        if not isinstance(reply, wire.Counted):
            raise OracleFault(f"the operations of the reference's {question.exercise.id} cannot be counted")
        return reply

    def memory(self, exercise: Exercise, rule: MemoryLimit) -> float | None:
        """Bytes that the reference takes. Raises OracleFault."""
        if known := self.oracle.measured(exercise):
            return known.memory
        key = ("memory", exercise.id, self.secret)
        return self.oracle.known.get(key, lambda: self._measure_memory(exercise, rule))

    def _measure_memory(self, exercise: Exercise, rule: MemoryLimit) -> float | None:
        worker = self.oracle.another(exercise.module.name)
        try:
            questions = self.memory_questions(exercise, rule)
            use = used(worker, ProcessMeter(worker.pid), questions, rule, REFERENCE_SECONDS)
            return None if use.taken is None or use.taken.refused or use.response.answer is None else use.taken.bytes
        except PeerLost as lost:
            raise OracleFault(f"the reference worker is gone: {lost}") from None
        finally:
            self.oracle.end(worker)

    def memory_questions(self, exercise: Exercise, rule: MemoryLimit) -> tuple[Question, Question]:
        """A small one, after which the code is loaded, and one at the size that the rule speaks of."""
        small, _ = self.sizes(exercise)
        return self.question(exercise, "memory", n=small), self.question(exercise, "memory", n=rule.n)

    def naive(self, exercise: Exercise) -> tuple[float, int] | None:
        """How many times the reference's time the naive version takes, and at which size. Raises OracleFault."""
        if known := self.oracle.measured(exercise):
            return known.naive
        version = exercise.naive_version
        if version is None:
            return None
        return self.oracle.known.get(("naive", exercise.id, self.secret), lambda: self._time_naive(exercise, version))

    def _time_naive(self, exercise: Exercise, version: Version) -> tuple[float, int] | None:
        assert exercise.timed_case is not None
        module = exercise.module.name
        slow, quick = self.oracle.another(module, version), self.oracle.another(module)
        try:
            for part in NAIVE_PARTS:
                n = max(exercise.timed_case.size // part, 2)
                found = self._naive_ratio(exercise, n, runner(slow), runner(quick))
                if found is not None and (found[1] > NAIVE_SECONDS or part == 1):
                    return found[0], n
        finally:
            self.oracle.end(slow)
            self.oracle.end(quick)
        return None

    def _naive_ratio(self, exercise: Exercise, n: int, slow: Runner, quick: Runner) -> tuple[float, float] | None:
        """The ratio at one size, and the seconds that the naive version takes there; None where the reference is too
        quick there, or the case cannot be drawn."""
        try:
            question = self.question(exercise, "naive", n=n)
        except CheckError:
            return None
        readings: list[tuple[int, int, int]] = []
        for i in range(3):
            s, reply, _ = slow.ask(question.frame)
            r, its, _ = quick.ask(question.frame)
            if not isinstance(its, wire.Answer) or not isinstance(reply, wire.Answer):
                raise OracleFault(f"the naive version of {exercise.id} does not answer at n = {n}")
            if i == 0:  # the first ones pay for what is done once
                continue
            if s.cpu is not None and r.cpu is not None:
                readings.append((s.cpu, r.cpu, its.cpu))
            else:
                readings.append((s.wall, r.wall, its.wall))
        try:
            found, seconds = ratios(readings)
        except TooShort:
            return None
        ratio = statistics.median(found)
        return ratio, ratio * seconds


def runner(worker: Peer, meter: Meter | None = None) -> Runner:
    """A worker of the reference under the clock, or under another meter."""
    return Runner(worker, meter or ProcessMeter(worker.pid), REFERENCE_SECONDS, trusted=True)


def _count(question: Question, limit: int) -> wire.Encoded:
    packer = wire.Packer()
    inputs = packer.pack(question.inputs)
    return wire.encode(wire.Count(question.exercise.id, inputs, question.seed, limit), packer)


@dataclass(frozen=True)
class Use:
    """What was taken, None where nobody can tell, and the question that was asked last, with what came back."""

    taken: Taken | None
    question: Question
    response: Response


def used(worker: Peer, meter: Meter, questions: tuple[Question, Question], rule: MemoryLimit, seconds: float) -> Use:
    """What the second question takes beyond what is in use after the first, or what the first has left in use, if that
    is more. Raises PeerLost."""
    small, large = questions
    worker.call(wire.Trim(), seconds=seconds)
    first = meter.restart_peak()
    response = response_of(*worker.call_encoded(small.frame, seconds=seconds))
    if response.answer is None:
        return Use(None, small, response)
    meter.bound(given(rule))  # a machine may have less than a careless tensor takes
    before = meter.restart_peak()
    response = response_of(*worker.call_encoded(large.frame, seconds=seconds))
    most = meter.peak()
    if response.failure is not None and response.failure.kind == MEMORY:
        return Use(refused(rule, response.failure), large, response)
    if first is None or before is None or most is None:
        return Use(None, large, response)
    return Use(Taken(max(most - before, before - first - LOADED, 0)), large, response)


def _call(worker: Peer, frame: wire.Encoded) -> tuple[wire.Reply, memoryview]:
    try:
        return worker.call_encoded(frame, seconds=REFERENCE_SECONDS)
    except PeerLost as lost:
        raise OracleFault(f"the reference worker is gone: {lost}") from None
