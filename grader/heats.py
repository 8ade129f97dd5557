"""How many times the reference's time a submission takes on a GPU, where CPU time says nothing.

The wall clock decides, and a GPU has one queue for all: a kernel that a submission has left running would slow down the
reference beside it, and so gain points. Therefore the reference runs first, while nothing of the submission's is alive,
and the submission afterwards, alone as well, on the same inputs; the ratios are those of grader.clock, pair by pair.
Where that says too slow, the reference runs once more when the submission has ended, and of the two each ratio takes
the one that is better for the submission: what else went on in the machine may have come between.

Each question ends when the answer's last byte has arrived, which takes all the work that it needs; the worker waits for
the whole device besides, whatever stream was used.

What a kernel takes on a GPU is little beside what it takes to send its inputs there. Where the reference's own part is
less than a share FLOOR of its time, that share stands for it: what is not measured well is the student's gain.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grader import wire
from grader.clock import WARM_UP, Answered, Checked, Reading, Runner, Timing, interval
from grader.question import Question

HEATS = 9  # that count, at most
FLOOR = 0.1


class Wall:
    """The meter of who is timed by the wall clock: it reads nothing."""

    def cpu(self) -> int | None:
        return None

    def spent(self) -> int | None:
        return None

    def restart_peak(self) -> int | None:
        return None

    def peak(self) -> int | None:
        return None

    def bound(self, extra: int) -> None:
        pass

    def core(self) -> int | None:
        return None

    def pin(self, core: int) -> bool:
        return False


@dataclass
class Heats:
    """One exercise's timed questions on a device, the reference's run and then the submission's."""

    questions: Sequence[Question]  # WARM_UP that do not count, and HEATS
    device: str
    limit: float
    student: Runner | None = None
    check: Checked | None = None
    expected: list[dict[str, Any]] = field(default_factory=list)
    reference: list[tuple[Reading, int]] = field(default_factory=list)  # and nanoseconds inside the ask
    afterwards: list[tuple[Reading, int]] = field(default_factory=list)  # the same, where it has run once more
    readings: list[Reading] = field(default_factory=list)  # of the submission

    def run_reference(self, reference: Runner, expected: Answered) -> None:
        """Put all questions to the reference; or once more those that the submission has answered. Raises
        OracleFault."""
        once_more = bool(self.reference)
        for question in self.questions[: len(self.readings) if once_more else None]:
            reading, reply, data = reference.ask(question.encode(self.device))
            answer = expected(question, reply, data)
            assert isinstance(reply, wire.Answer)
            (self.afterwards if once_more else self.reference).append((reading, reply.wall))
            if not once_more:
                self.expected.append(answer)

    def run(self) -> Timing:
        """Put them to the submission, until it is clear. Raises PeerLost, and what `check` raises."""
        assert self.student is not None and self.check is not None
        for question, expected in zip(self.questions, self.expected, strict=True):
            reading, reply, data = self.student.ask(question.encode(self.device))
            self.readings.append(reading)
            self.check(question, reply, data, expected)
            if len(self.readings) > WARM_UP + 1 and (timing := self.timing()).clear:
                return timing
        return self.timing()

    @property
    def last(self) -> Reading | None:
        """The reference's reading for the question that the submission is asked now."""
        return self.reference[min(len(self.readings), len(self.reference) - 1)][0] if self.reference else None

    def timing(self) -> Timing:
        """What the heats so far say."""
        found = self._ratios(self.reference)
        if self.afterwards:
            found = list(map(min, found, self._ratios(self.afterwards)))
        low, high = interval(found)
        middle = statistics.median(found)
        seconds = statistics.median(own for _, own in self.reference[WARM_UP : len(self.readings)]) / 1e9
        return Timing(middle, (low, high), self.limit, len(found), middle, low, "wall", seconds)

    def _ratios(self, reference: Sequence[tuple[Reading, int]]) -> list[float]:
        pairs = list(zip(self.readings, reference, strict=False))[WARM_UP:]
        return [ratio(student.wall, whole.wall, own) for student, (whole, own) in pairs]


def ratio(student: int, whole: int, own: int) -> float:
    """Of a submission's time to the reference's `own` part of its `whole` time, all in nanoseconds."""
    return max(student - (whole - own), 0) / max(own, FLOOR * whole, 1)
