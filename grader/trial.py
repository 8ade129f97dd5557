"""What an exercise is put through once its answers are right: its rules, and its limit on time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from grader import wire
from grader.clock import HOPELESS, NO_POINTS, PAIRS_AT_MOST, WARM_UP, Race, Runner, Timing, TooShort
from grader.explain import Explanation, explain
from grader.heats import HEATS, Heats, Wall
from grader.interview import Imported, Interview
from grader.measured import Check, Measuring
from grader.peer import Lost, Peer, PeerLost
from grader.question import Question
from grader.response import response_of
from grader.result import Speed, Verdict
from grader.rules import (
    Breach,
    Counts,
    SourceReader,
    about_source,
    growth,
    loops_in_words,
    source_breach,
)
from grader.sitting import Sitting
from grader.spec import Exercise, Version
from grader.yardstick import ENOUGH, OPERATIONS_LIMIT, Yardstick, runner


class WrongAnswer(Exception):
    """The answer to a timed question is not right."""

    def __init__(self, why: Explanation) -> None:
        super().__init__(why.sentence)
        self.why = why


@dataclass(frozen=True)
class Outcome:
    """`why` None: every rule and limit is kept. `share`: of the speed points. `advice`: what costs nothing."""

    why: Explanation | None = None
    speed: Speed | None = None
    share: float = 1.0
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class Trial:
    """One module of a submission before its rules and limits; the rules are seen to on the CPU, whatever the device.
    `counting`: where operations are counted, which may be one process for several exercises, none of which was asked
    there."""

    def __init__(self, yardstick: Yardstick, interview: Interview, sources: SourceReader, counting: Sitting) -> None:
        self._yardstick = yardstick
        self._interview = interview
        self._sources = sources
        self._counting = counting

    def source_rules(self, exercise: Exercise) -> Breach | None:
        """The first rule about the source that is broken, advice aside. Raises OracleFault."""
        return self._in_source(with_rules(exercise, advice=False))

    def _in_source(self, exercise: Exercise) -> Breach | None:
        return source_breach(exercise, self._sources.inspected(exercise)) if about_source(exercise) else None

    def run(
        self,
        exercise: Exercise,
        imported: Imported,
        edition: Version | None,
        check: Check,
        clock: bool,
    ) -> Outcome:
        """Rules first, then time. `check` says what is wrong with an answer to a timed question, given the reference's
        answer. Raises OracleFault, CheckError."""
        self._counting.turn_to(imported)
        breach, counts = self._in_source(with_rules(exercise, advice=False)), None
        why: Explanation | None = None
        if breach is not None:
            why = Explanation(Verdict.BROKE_RULE, breach.sentence, cause=type(breach.rule).__name__)
        else:
            counts, why = self._measured(with_rules(exercise, advice=False), edition, check)
        if why is not None:
            return Outcome(why)
        advice = self._advice(with_rules(exercise, advice=True), edition, check)
        outcome = Outcome()
        if exercise.timed_case is not None and clock:
            outcome = self._time(exercise, imported, edition, check, counts)
        return replace(outcome, advice=(*advice, *outcome.advice))

    # -- rules --------------------------------------------------------------------------------------------------

    def _measured(
        self, exercise: Exercise, edition: Version | None, check: Check
    ) -> tuple[Counts | None, Explanation | None]:
        """Its operations where they were counted, and the rule about operations or memory that is broken."""
        measuring = Measuring(self._yardstick, self._interview, self._counting, exercise, edition, check)
        counts, why = measuring.operations()
        return counts, why or measuring.memory()

    def _advice(self, exercise: Exercise, edition: Version | None, check: Check) -> tuple[str, ...]:
        """What the first rule that is advice says, where it is broken."""
        if not exercise.rules:
            return ()
        breach = self._in_source(exercise)
        if breach is not None:
            return (breach.sentence,)
        _, why = self._measured(exercise, edition, check)
        return (why.sentence,) if why is not None else ()

    def _counts(self, exercise: Exercise, limit: int = OPERATIONS_LIMIT) -> Counts | None:
        """The operations at two sizes, for a sentence."""
        return Measuring(self._yardstick, self._interview, self._counting, exercise).counts(limit)

    # -- time ---------------------------------------------------------------------------------------------------

    def _time(
        self, exercise: Exercise, imported: Imported, edition: Version | None, check: Check, counts: Counts | None
    ) -> Outcome:
        """The outcome of a race; of the better of two, with other inputs and in other processes, where the first one
        says that it is too slow: what was unlucky once is not so twice."""
        first = self._race(exercise, imported, edition, check, counts, 0)
        speed = first.speed
        if speed is None or first.share == 1.0 or speed.pairs == 0:
            return first
        if speed.ratio > HOPELESS * NO_POINTS * speed.limit:
            return first
        return max(first, self._race(exercise, imported, edition, check, counts, 1), key=lambda one: one.share)

    def _race(
        self,
        exercise: Exercise,
        imported: Imported,
        edition: Version | None,
        check: Check,
        counts: Counts | None,
        number: int,
        small: bool = True,
    ) -> Outcome:
        """The outcome of one race. `small`: a smaller question is asked before, where there is one."""
        case = exercise.timed_case
        assert case is not None
        known = self._yardstick.oracle.measured(exercise)
        pace = 1.0 if known is None else known.pace
        if pace is None:
            return Outcome(notes=("its speed is measured at grading",))
        device = self._interview.device
        if known is not None and device != "cpu":
            return Outcome(notes=("its speed on the GPU is measured at grading",))
        self._counting.end()  # nothing else of the submission's runs now

        def checked(question: Question, reply: wire.Reply, data: memoryview, expected: dict[str, Any]) -> None:
            response = response_of(reply, data)
            if known is not None and response.answer is not None:
                return  # the yardstick's output says nothing about the answer
            why = check(question, response, expected)
            if why is not None:
                raise WrongAnswer(why)

        def question(i: int) -> Question:
            return self._yardstick.question(exercise, i + number * (WARM_UP + PAIRS_AT_MOST))

        heats = None if device == "cpu" else self._heats(exercise, imported, edition, question)
        worker, failed = self._interview.fork(imported, ready=True)
        if worker is None:
            assert failed is not None
            return Outcome(explain(failed, question(0)), share=0.0)
        meter = self._interview.meter(worker) if heats is None else Wall()
        student, reference = Runner(worker, meter, exercise.seconds), None
        race: Race | Heats
        if heats is None:
            reference = self._another(exercise, edition)
            limit, read = case.at_most * pace, self._yardstick.oracle.read
            first = self._yardstick.smaller(exercise) if small else None
            race = Race(student, runner(reference), question, read, checked, limit, first)
        else:
            race = replace(heats, student=student, check=checked)
        try:
            timing = race.run().in_units_of(pace)
        except TooShort:
            return Outcome(notes=(f"its speed was not measured: the reference answers {case.name} too quickly",))
        except WrongAnswer as wrong:
            return Outcome(wrong.why, share=0.0)
        except PeerLost as lost:
            if race.last is None and small:  # nobody has said that it has to answer a smaller one
                return self._race(exercise, imported, edition, check, counts, number, small=False)
            if lost.cause is Lost.SPENT:
                return self._hopeless(exercise, imported, counts)
            if lost.cause is Lost.TIMED_OUT and not exercise.speed_points:
                told = f"at n = {case.size} it does not end within {exercise.seconds:g} s"
                return Outcome(advice=(told,))
            if lost.cause is not Lost.TIMED_OUT or race.last is None:
                return Outcome(explain(self._interview.gone(worker, lost), question(0)), share=0.0)
            ratio = round(exercise.seconds * 1e9 / race.last.wall / pace, 4)
            speed = Speed(ratio, (ratio, ratio), case.at_most, 0, wall=ratio, clock="wall")
            told = f"at n = {case.size} it does not end within {exercise.seconds:g} s, more than {ratio:,.0f} times"
            return self._slow(exercise, imported, counts, speed, f"{told} the reference's time", "wall", 0.0)
        finally:
            self._interview.hang_up(worker)
            if reference is not None:
                self._yardstick.oracle.end(reference)
        if isinstance(race, Heats) and timing.too_slow:
            self._alone(race, exercise, imported, edition)
            timing = race.timing()
        outcome = self._told(exercise, imported, counts, timing)
        if known is None or exercise.library is None:
            return outcome
        by = f"its speed is told by `{exercise.library.name}`, of whose time the reference took a known part elsewhere"
        return replace(outcome, notes=(*outcome.notes, by))

    def _another(self, exercise: Exercise, edition: Version | None) -> Peer:
        return self._yardstick.oracle.another(exercise.module.name, *([edition] if edition else []))

    def _heats(
        self, exercise: Exercise, imported: Imported, edition: Version | None, question: Callable[[int], Question]
    ) -> Heats:
        """The heats on a GPU; the reference has run its own, while nothing of the submission's was alive."""
        assert exercise.timed_case is not None
        questions = [question(i) for i in range(WARM_UP + HEATS)]
        heats = Heats(questions, self._interview.device, exercise.timed_case.at_most)
        self._alone(heats, exercise, imported, edition)
        return heats

    def _alone(self, heats: Heats, exercise: Exercise, imported: Imported, edition: Version | None) -> None:
        """Let the reference run."""
        self._interview.end(imported)
        reference = self._another(exercise, edition)
        try:
            heats.run_reference(runner(reference, Wall()), self._yardstick.oracle.read)
        finally:
            self._yardstick.oracle.end(reference)

    def _told(self, exercise: Exercise, imported: Imported, counts: Counts | None, timing: Timing) -> Outcome:
        naive = self._yardstick.naive(exercise) if self._interview.device == "cpu" else None
        speed = Speed(
            ratio=round(timing.ratio, 4),
            interval=(round(timing.interval[0], 4), round(timing.interval[1], 4)),
            limit=timing.limit,
            pairs=timing.pairs,
            wall=round(timing.wall, 4),
            clock=timing.by,
            speedup_over_naive=round(naive[0] / timing.ratio, 2) if naive and timing.ratio > 0 else None,
            naive_size=naive[1] if naive else None,
        )
        if not timing.too_slow:
            return Outcome(speed=speed if counts is None else _with_counts(speed, counts))
        told = f"it takes {times(timing.ratio)} the reference's time, {_limit(exercise)}"
        if timing.waits:
            told = (
                f"it takes {times(timing.wall)} the reference's time by the wall clock, though it computes only "
                f"{times(timing.ratio)} as long: it waits for something (sleep, a lock, another process)"
            )
        return self._slow(exercise, imported, counts, speed, told, "wall" if timing.waits else "cpu", timing.share)

    def _hopeless(self, exercise: Exercise, imported: Imported, counts: Counts | None) -> Outcome:
        """Too slow by so much that its answer was not waited for."""
        case = exercise.timed_case
        assert case is not None
        counts = counts or self._counts(exercise, ENOUGH)
        ratio = HOPELESS * NO_POINTS * case.at_most
        speed = Speed(ratio, (ratio, ratio), case.at_most, 0, wall=ratio, clock="cpu")
        told = (
            f"at n = {case.size} it takes more than {ratio:,.0f} times the reference's time, {_limit(exercise)}: "
            "it was stopped there"
        )
        return self._slow(exercise, imported, counts, speed, told, "cpu", 0.0)

    def _slow(
        self,
        exercise: Exercise,
        imported: Imported,
        counts: Counts | None,
        speed: Speed,
        told: str,
        cause: str,
        share: float,
    ) -> Outcome:
        """Too slow, with what explains it: the operations, and the loops in the source."""
        counts = counts or self._counts(exercise)
        if counts is not None:
            speed = _with_counts(speed, counts)
            told += f"; {counts.words()}" + (f", and {growth(counts)}" if counts.grow else "")
        inspected = self._sources.inspected(exercise)
        if isinstance(inspected, wire.Inspected) and inspected.loops:
            told += f" ({loops_in_words(inspected.loops, inspected.name, f'{exercise.module.name}.py')})"
        if not exercise.speed_points:
            return Outcome(speed=speed, advice=(told,))
        return Outcome(Explanation(Verdict.TOO_SLOW, told, cause=cause), speed, share)


def with_rules(exercise: Exercise, *, advice: bool) -> Exercise:
    """The exercise with those of its rules that are advice, or with those that are not."""
    return replace(exercise, rules=tuple(rule for rule in exercise.rules if rule.advice == advice))


def _limit(exercise: Exercise) -> str:
    assert exercise.timed_case is not None
    limit = f"{exercise.timed_case.at_most:g} times"
    return f"and the limit is {limit}" if exercise.speed_points else f"where {limit} would do"


def times(ratio: float) -> str:
    """ "31 times", "3.4 times"."""
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _with_counts(speed: Speed, counts: Counts) -> Speed:
    return msgspec.structs.replace(
        speed,
        operations=tuple(counted.total for counted in counts.got),
        reference_operations=tuple(counted.total for counted in counts.reference),
        sizes=counts.sizes,
    )
