"""How many times the reference's time a submission takes: the median of paired ratios of CPU time.

Student and reference answer the same question one after the other, in an order that is swapped from pair to pair; the
inputs of every pair are new and its answer is checked. Pairs are measured until the interval around their median is
clear of the limit. What decides is a ratio of two times that were measured together, never a time.

Both processes are kept on one core while they race: which core a process runs on, and who runs beside it there, can
make it twice as slow by any clock, and must not tell the two apart.

Both times are read from outside the workers and hold what it takes to be asked: inputs to unpack, an answer to pack.
What that takes is known of the reference, whose worker is trusted and tells how much of its time the answer itself
took; it is subtracted from both. With S and R the times of a pair and r the reference's own part of R, the ratio is
(S - (R - r)) / r.

A submission is called too slow where two such races, in other processes and with other inputs, both say so (see
grader/trial.py): what one process is unlucky with (where its memory lies, who runs beside it) the next one is not.

A student is charged for everything that its processes use between the end of one of its questions and the end of the
next, so that working before the question or after the answer gains nothing. Waiting costs no CPU time: it is caught by
a second, generous limit on the ratio of wall times.

TooShort        the timed case is too small to be timed: its author's mistake
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from grader import wire
from grader.meter import Meter
from grader.oracle import OracleFault
from grader.peer import Peer, PeerLost
from grader.question import Question, draw
from grader.spec import Exercise

PAIRS = 5  # at least, but for what is far too slow
PAIRS_AT_MOST = 25
WARM_UP = 2  # pairs that do not count: a fresh process gets its memory page by page
DOUBT = 1 / 16  # how likely the interval misses the true median, at most, each time it is looked at
NO_POINTS = 5.0  # times the limit: where speed points have fallen to none
HOPELESS = 2.0  # times that: where two pairs are enough, and no question is waited for any longer
STEADY = 2  # times that a smaller question is asked: the last one is the steady one
LEAST = 250_000_000  # nanoseconds of CPU time that every question is given
TELLING = LEAST // 10  # that a smaller question takes at least, or it tells nothing
WALL = 3.0  # times the limit, and times the ratio of CPU times: the gate on wall time
WALL_PAIRS = 10  # at least, to call it waiting
NEAR_ZERO = 0.1  # of the median: a reading below is one that the system was late with
SHORTEST = 100_000  # nanoseconds that the reference's own part must take

Expected = dict[str, Any]


class TooShort(Exception):
    """The reference answers the timed case in less time than can be measured."""


@dataclass(frozen=True)
class Reading:
    """What one question took, in nanoseconds; `cpu` None where the system tells no CPU times."""

    cpu: int | None
    wall: int


@dataclass(frozen=True)
class Timing:
    """The outcome. `interval`: around the median ratio, from order statistics. `wall`: the median ratio of wall times,
    and the lower end of its interval. `by`: which clock decided, "cpu" or "wall"."""

    ratio: float
    interval: tuple[float, float]
    limit: float
    pairs: int
    wall: float
    wall_from: float
    by: str
    reference: float  # seconds that the reference takes

    @property
    def suspicious(self) -> bool:
        """Whether it seems to wait: on a busy machine an honest answer may."""
        return self.wall > WALL * max(self.limit, self.ratio)

    @property
    def waits(self) -> bool:
        """Whether it certainly spends most of its time asleep, or has somebody work who cannot be seen."""
        return self.pairs >= WALL_PAIRS and self.wall_from > WALL * max(self.limit, self.ratio)

    @property
    def too_slow(self) -> bool:
        """Whether it is certainly above the limit; the benefit of the doubt is the student's."""
        return self.interval[0] > self.limit or self.waits

    @property
    def share(self) -> float:
        """The share of the speed points: all up to the limit, none from five times the limit on, and in between falling
        with the logarithm of the ratio."""
        if not self.too_slow:
            return 1.0
        over = max(self.ratio, self.wall if self.waits else 0.0) / self.limit
        return min(1.0, max(0.0, 1 - math.log(max(over, 1.0)) / math.log(NO_POINTS)))

    def in_units_of(self, pace: float) -> Timing:
        """The same, where what was raced against takes 1/pace of the time that the limit speaks of."""
        if pace == 1.0:
            return self
        low, high = (end / pace for end in self.interval)
        told = replace(self, ratio=self.ratio / pace, interval=(low, high), limit=self.limit / pace)
        return replace(told, wall=self.wall / pace, wall_from=self.wall_from / pace, reference=self.reference * pace)

    @property
    def clear(self) -> bool:
        """Whether more pairs would change nothing that matters."""
        if self.pairs >= PAIRS and not self.interval[0] <= self.limit < self.interval[1]:
            return self.waits or not self.suspicious or self.interval[0] > NO_POINTS * self.limit
        return self.pairs >= 2 and self.interval[0] > HOPELESS * NO_POINTS * self.limit


class Runner:
    """A worker under the clock: a student's, which is charged for what it does between its questions too, or the
    reference's, which runs nothing there and whose loss is our own fault."""

    def __init__(self, peer: Peer, meter: Meter, seconds: float, *, trusted: bool = False) -> None:
        self._peer = peer
        self._meter = meter
        self._seconds = seconds
        self._trusted = trusted
        self._last = meter.cpu()

    def ask(self, frame: wire.Encoded, at_most: int | None = None) -> tuple[Reading, wire.Reply, memoryview]:
        """Put a question, and time it. `at_most`: nanoseconds of CPU time after which nobody waits for the answer,
        where the system tells CPU times. Raises PeerLost of a student's worker, OracleFault of the reference's."""
        if self._trusted:
            self._last = self._meter.cpu()
        left = None
        if at_most is not None and self._last is not None:
            left = partial(self._left, self._last + at_most)
        begin = time.perf_counter_ns()
        try:
            reply, data = self._peer.call_encoded(frame, seconds=self._seconds, left=left)
        except PeerLost as lost:
            if self._trusted:
                raise OracleFault(f"the reference worker is gone: {lost}") from None
            raise
        wall = time.perf_counter_ns() - begin
        now, before = self._meter.cpu(), self._last
        self._last = now
        return Reading(None if now is None or before is None else max(now - before, 0), wall), reply, data

    def _left(self, end: int) -> float:
        """Seconds of CPU time until it has used so much."""
        return (end - (self._meter.spent() or 0)) / 1e9

    def stays_with(self, other: Runner) -> None:
        """Keep both on the core that this one was given, where the system lets us."""
        core = self._meter.core()
        if core is not None and self._meter.pin(core):
            other._meter.pin(core)


Answered = Callable[[Question, wire.Reply, memoryview], Expected]
Checked = Callable[[Question, wire.Reply, memoryview, Expected], None]


@dataclass(frozen=True)
class Pair:
    """What one question took, and what of the reference's reading was the answer itself."""

    student: Reading
    reference: Reading
    own: Reading


@dataclass
class Race:
    """Student against reference. `expected` reads the reference's reply, `check` raises where the student's is not
    right; `question(i)` draws the inputs of the i-th pair. `small`: a question of the same kind with smaller inputs.

    Whoever is beyond HOPELESS times NO_POINTS times the limit has no points for speed, whatever is measured further. So
    a question is given that much CPU time and no more where the one before has taken more than that, or where the
    smaller one takes far too long each time that it is asked: what is done once in a process (an import, a
    compilation) is not taken for what is done each time."""

    student: Runner
    reference: Runner
    question: Callable[[int], Question]
    expected: Answered
    check: Checked
    limit: float
    small: Question | None = None
    pairs: list[Pair] = field(default_factory=list)
    last: Reading | None = None  # of the reference
    _own: int = 0  # the most that the answer itself has taken the reference, in nanoseconds
    _asking: int = 0  # and the most that asking it has taken
    _hopeless: bool = False

    def run(self) -> Timing:
        """Measure until it is clear. Raises PeerLost of the student's worker, OracleFault, TooShort, and what `check`
        raises."""
        self.student.stays_with(self.reference)
        self._hopeless = self.small is not None and self._looks_hopeless(self.small)
        for i in range(WARM_UP):
            self._pair(i)
        self.pairs.clear()
        for i in range(WARM_UP, WARM_UP + PAIRS_AT_MOST):
            self._pair(i)
            if len(self.pairs) > 1 and (timing := self.timing()).clear:
                return timing
        return self.timing()

    def _looks_hopeless(self, small: Question) -> bool:
        """Whether a smaller question takes so much more than the reference that no point would be left, and not for
        what is done once. Raises PeerLost of the student's worker, OracleFault."""
        for _ in range(STEADY):
            whole, right, _ = self.reference.ask(small.frame)
            student, reply, _ = self.student.ask(small.frame)
        if student.cpu is None or whole.cpu is None:
            return False
        if not isinstance(right, wire.Answer) or not isinstance(reply, wire.Answer):
            return False
        return student.cpu - (whole.cpu - right.cpu) > max(TELLING, NO_POINTS * self.limit * right.cpu)

    def _at_most(self) -> int | None:
        """Nanoseconds of CPU time beyond which a question is hopeless; None where that cannot be said."""
        if self._own < SHORTEST:
            return None
        return max(LEAST, self._asking + int(HOPELESS * NO_POINTS * self.limit * self._own))

    def _pair(self, i: int) -> None:
        question = self.question(i)
        if i % 2:
            student, reply, data = self.student.ask(question.frame, self._at_most() if self._hopeless else None)
            reference, right, its = self.reference.ask(question.frame)
            self._seen(reference, right)
        else:
            reference, right, its = self.reference.ask(question.frame)
            self._seen(reference, right)
            student, reply, data = self.student.ask(question.frame, self._at_most() if self._hopeless else None)
        expected = self.expected(question, right, its)
        assert isinstance(right, wire.Answer)
        at_most = self._at_most()
        self._hopeless = at_most is not None and student.cpu is not None and student.cpu > at_most
        self.pairs.append(Pair(student, reference, Reading(right.cpu, right.wall)))
        self.check(question, reply, data, expected)

    def _seen(self, reference: Reading, right: wire.Reply) -> None:
        """Remember what the reference took."""
        self.last = reference
        if reference.cpu is not None and isinstance(right, wire.Answer):
            self._own = max(self._own, right.cpu)
            self._asking = max(self._asking, reference.cpu - right.cpu)

    def timing(self) -> Timing:
        """What the pairs so far say."""
        walls, seconds = ratios([(p.student.wall, p.reference.wall, p.own.wall) for p in self.pairs])
        cpu = [
            (p.student.cpu, p.reference.cpu, p.own.cpu)
            for p in self.pairs
            if p.student.cpu is not None and p.reference.cpu is not None and p.own.cpu is not None
        ]
        by = "cpu" if len(cpu) == len(self.pairs) else "wall"
        found, seconds = ratios(cpu) if by == "cpu" else (walls, seconds)
        return Timing(
            ratio=statistics.median(found),
            interval=interval(found),
            limit=self.limit,
            pairs=len(found),
            wall=statistics.median(walls),
            wall_from=interval(walls)[0],
            by=by,
            reference=seconds,
        )


def ratios(readings: Sequence[tuple[int, int, int]]) -> tuple[list[float], float]:
    """The paired ratios (S - (R - r)) / r of readings (S, R, r) without those near zero, and the median r in seconds.

    Raises TooShort."""
    students, references, owns = (statistics.median(column) for column in zip(*readings, strict=True))
    if owns < SHORTEST:
        raise TooShort
    kept = [
        max(s - (r - own), 0) / own
        for s, r, own in readings
        if s > NEAR_ZERO * students and r > NEAR_ZERO * references and own > NEAR_ZERO * owns
    ]
    return kept or [students / references], owns / 1e9


def interval(values: Sequence[float]) -> tuple[float, float]:
    """A confidence interval for the median: the order statistics (j, k+1-j) with the largest j such that it misses with
    probability 2 P[Binomial(k, 1/2) < j] <= DOUBT; from the least to the largest for up to eight values. Assumes
    nothing but independence (Conover, Practical Nonparametric Statistics, section 3.2)."""
    ordered, k = sorted(values), len(values)
    j, tail = 1, 1.0
    while 2 * (tail + math.comb(k, j)) / 2**k <= DOUBT:
        tail += math.comb(k, j)
        j += 1
    return ordered[j - 1], ordered[k - j]


def fresh(exercise: Exercise, secret: bytes, data: Path, label: object, **size: int) -> Question:
    """Inputs of the timed case that were not drawn before under another label, and that nobody knows who does not know
    the secret, whether the case is public or not. Raises CheckError."""
    case = exercise.timed_case
    assert case is not None
    return draw(exercise, replace(case, name=f"{case.name}/{label}", hidden=True), secret, data, **size)
