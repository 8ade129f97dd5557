"""The proof about limits on time: the reference stays far below them, the naive version does not.

Both are raced against the reference as a submission is, by CPU time and pair by pair, so that other work on the machine
slows both sides alike. Races are run one at a time, whatever the number of jobs. A burst of noise may leave a race
undecided: the reference may try again, for it is the same code as what it runs against, and so no luck makes it pass a
limit that leaves it no room.
"""

from __future__ import annotations

import threading
from typing import Any

from grader import wire
from grader.agreement import agreement
from grader.clock import Race, Runner, TooShort
from grader.meter import ProcessMeter
from grader.oracle import OracleFault
from grader.peer import Peer, PeerLost
from grader.question import Question
from grader.response import response_of
from grader.rules import Counts, growth_breach
from grader.spec import Exercise, OperationsDoNotGrow, TimedCase, Version
from grader.trial import times
from grader.validate.bench import SECRETS, Bench
from grader.validate.findings import Finding
from grader.yardstick import Yardstick, runner

HEADROOM = 2.0  # the reference stays below its limit by this factor
TRIES = 3

_clock = threading.Lock()


class _Wrong(Exception):
    """A version that is raced gave no right answer."""


def speed(bench: Bench, exercise: Exercise) -> Finding:
    """Both claims about one exercise; where it declares no naive version, the first one alone, and that is counted."""
    case, naive = exercise.timed_case, exercise.naive_version
    name = bench.assignment.name
    if case is None:
        return Finding(name, exercise.id, "speed", 0)
    with _clock:
        gaps = [_headroom(bench, exercise, case)]
        if naive is not None:
            gaps.append(_caught(bench, exercise, case, naive))
    found = tuple(gap for gap in gaps if gap)
    return Finding(name, exercise.id, "speed", len(gaps), found, undeclared=int(naive is None))


def _headroom(bench: Bench, exercise: Exercise, case: TimedCase) -> str | None:
    limit = case.at_most / HEADROOM
    upper = float("inf")
    for _ in range(TRIES):
        try:
            upper = _race(bench, exercise, limit).timing().interval[1]
        except TooShort:
            return f"{exercise.id} cannot be timed: the reference answers {case.name} too quickly"
        if upper <= limit:
            return None
    return f"{exercise.id} takes up to {times(upper)} its own time, with a limit of {case.at_most:g} times"


def _caught(bench: Bench, exercise: Exercise, case: TimedCase, naive: Version) -> str | None:
    """Why the naive version is not caught; None: it is too slow, or breaks the rule that operations do not grow."""
    if _grows(bench, exercise, naive):
        return None
    try:
        timing = _race(bench, exercise, case.at_most, naive).timing()
    except PeerLost:  # it does not end within the time for a question
        return None
    except _Wrong as wrong:
        return f"{naive.id} {wrong}"
    if timing.too_slow:
        return None
    return f"{naive.id} is not caught: it takes {times(timing.ratio)} the reference's time, {case.at_most:g} allowed"


def _race(bench: Bench, exercise: Exercise, limit: float, *versions: Version) -> Race:
    """The reference with these versions in place against the reference, until it is clear of the limit."""
    oracle, module = bench.oracle, exercise.module.name
    yardstick = Yardstick(oracle, SECRETS[0], bench.assignment.course.assignments)
    workers: list[Peer] = []
    try:
        workers += [oracle.another(module, *versions)]
        workers += [oracle.another(module)]
        race = Race(
            student=Runner(workers[0], ProcessMeter(workers[0].pid), exercise.seconds),
            reference=runner(workers[1]),
            question=lambda i: yardstick.question(exercise, i),
            expected=oracle.read,
            check=_check,
            limit=limit,
        )
        race.run()
        return race
    finally:
        for worker in workers:
            oracle.end(worker)


def _check(question: Question, reply: wire.Reply, data: memoryview, expected: dict[str, Any]) -> None:
    response, case = response_of(reply, data), question.case.name.partition("/")[0]
    if response.answer is None:
        raise _Wrong(f"fails on {case}: {response.failure and response.failure.message}")
    if not agreement(question, expected, response.answer).ok:
        raise _Wrong(f"is wrong on {case}")


def _grows(bench: Bench, exercise: Exercise, naive: Version) -> bool:
    """Whether its operations betray it, where a rule says that they must not grow."""
    if not any(isinstance(rule, OperationsDoNotGrow) for rule in exercise.rules):
        return False
    yardstick = Yardstick(bench.oracle, SECRETS[0], bench.assignment.course.assignments)
    sizes = yardstick.sizes(exercise)
    questions = [yardstick.question(exercise, "count", n=n) for n in sizes]
    worker = bench.oracle.another(exercise.module.name, naive)
    try:
        counted = [worker.call_encoded(yardstick.count(q), seconds=exercise.seconds)[0] for q in questions]
    except PeerLost:
        return False
    finally:
        bench.oracle.end(worker)
    less, more = counted
    if not isinstance(less, wire.Counted) or not isinstance(more, wire.Counted):
        raise OracleFault(f"the operations of {naive.id} cannot be counted")
    reference = tuple(yardstick.counted(question) for question in questions)
    return growth_breach(exercise, Counts(sizes, (less, more), (reference[0], reference[1]))) is not None
