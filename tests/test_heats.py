"""The clock of a GPU: its arithmetic and its order, with runners that take what they are told to take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from grader import wire
from grader.clock import WARM_UP, Reading
from grader.course import Assignment
from grader.heats import FLOOR, HEATS, Heats, Wall, ratio
from grader.question import Question, draw

MS = 1_000_000
LIMIT = 4.0


class Timed:
    """A runner whose questions take so many milliseconds, one after the other; `own`: of that inside the ask."""

    def __init__(self, who: str, log: list[str], walls: Sequence[float], own: float = 0.0) -> None:
        self.who, self.log, self.walls, self.own = who, log, list(walls), own

    def ask(self, frame: wire.Encoded) -> tuple[Reading, wire.Reply, memoryview]:
        self.log.append(self.who)
        wall = int(self.walls.pop(0) * MS)
        answer = wire.Answer(wire.Packer().pack({}), wall=int(self.own * MS))
        return Reading(None, wall), answer, memoryview(b"")


@pytest.fixture
def questions(toy: Assignment) -> list[Question]:
    exercise = toy.checks["algebra.energy"]
    return [draw(exercise, exercise.cases[0], b"x", toy.course.assignments)] * (WARM_UP + HEATS)


def run(questions: list[Question], student: Sequence[float], reference: Sequence[float], own: float) -> tuple[Any, Any]:
    log: list[str] = []
    heats = Heats(questions, "cuda", LIMIT)
    heats.run_reference(Timed("reference", log, reference, own), lambda question, reply, data: {})  # type: ignore[arg-type]
    heats.student = Timed("student", log, student)  # type: ignore[assignment]
    heats.check = lambda *told: None
    return heats.run(), log


ALL = WARM_UP + HEATS


def test_the_reference_runs_before_anything_of_the_submission_is_asked(questions: list[Question]) -> None:
    timing, log = run(questions, [12.0] * ALL, [12.0] * ALL, own=6.0)
    assert log[:ALL] == ["reference"] * ALL and set(log[ALL:]) == {"student"}
    assert timing.ratio == pytest.approx(1) and timing.by == "wall" and not timing.too_slow


def test_what_it_takes_to_be_asked_is_subtracted_from_both(questions: list[Question]) -> None:
    timing, _ = run(questions, [10.0 + 5 * 2.0] * ALL, [10.0 + 2.0] * ALL, own=2.0)
    assert timing.ratio == pytest.approx(5) and timing.too_slow
    assert timing.reference == pytest.approx(2e-3)


def test_a_reference_that_is_hardly_measured_makes_nobody_slow(questions: list[Question]) -> None:
    """2 ms of noise beside 10 ms of asking are many times a kernel of 20 microseconds, and say nothing."""
    timing, _ = run(questions, [12.0] * ALL, [10.02] * ALL, own=0.02)
    assert not timing.too_slow
    slow, _ = run(questions, [300.0] * ALL, [10.02] * ALL, own=0.02)
    assert slow.too_slow and slow.share == 0


def test_a_far_too_slow_one_is_not_asked_to_the_end(questions: list[Question]) -> None:
    _, log = run(questions, [1000.0] * ALL, [12.0] * ALL, own=6.0)
    assert log.count("student") == WARM_UP + 2


def test_the_first_questions_do_not_count(questions: list[Question]) -> None:
    timing, _ = run(questions, [900.0] * WARM_UP + [12.0] * HEATS, [700.0] * WARM_UP + [12.0] * HEATS, own=6.0)
    assert timing.ratio == pytest.approx(1)


def test_noise_that_crosses_the_limit_is_the_students_gain(questions: list[Question]) -> None:
    timing, log = run(questions, [12.0] * WARM_UP + [12.0, 60.0] * HEATS, [12.0] * ALL, own=6.0)
    assert not timing.too_slow and log.count("student") == ALL


def test_the_ratio_never_falls_below_nothing_and_its_floor_is_a_share() -> None:
    assert ratio(5 * MS, 10 * MS, 2 * MS) == 0
    assert ratio(20 * MS, 10 * MS, 0) == pytest.approx(10 / (10 * FLOOR))
    assert ratio(20 * MS, 10 * MS, 5 * MS) == pytest.approx(15 / 5)


def test_what_a_reply_is_checked_against_is_the_references(questions: list[Question]) -> None:
    heats = Heats(questions, "cuda", LIMIT)
    answers = iter(range(ALL))
    heats.run_reference(Timed("reference", [], [9.0] * ALL, 3.0), lambda *told: {"number": next(answers)})  # type: ignore[arg-type]
    seen: list[int] = []
    heats.student = Timed("student", [], [9.0] * ALL)  # type: ignore[assignment]
    heats.check = lambda question, reply, data, expected: seen.append(expected["number"])
    heats.run()
    assert seen == list(range(len(seen))) and len(seen) > WARM_UP


def test_who_seems_too_slow_is_held_against_a_second_run_of_the_reference(questions: list[Question]) -> None:
    """Something else may have kept the machine busy meanwhile; what the submission takes by itself stays too slow."""

    def verdicts(student: float, first: float, second: float) -> list[bool]:
        heats = Heats(questions, "cuda", LIMIT)
        heats.run_reference(Timed("reference", [], [2 * first] * ALL, first), lambda *told: {})  # type: ignore[arg-type]
        heats.student, heats.check = Timed("student", [], [student] * ALL), lambda *told: None  # type: ignore[assignment]
        before = heats.run().too_slow
        heats.run_reference(Timed("reference", [], [2 * second] * ALL, second), lambda *told: {})  # type: ignore[arg-type]
        assert len(heats.afterwards) == len(heats.readings)
        return [before, heats.timing().too_slow]

    assert verdicts(student=60.0, first=6.0, second=30.0) == [True, False]
    assert verdicts(student=60.0, first=6.0, second=6.0) == [True, True]


def test_the_wall_s_meter_reads_nothing() -> None:
    meter = Wall()
    meter.bound(1)
    assert (meter.cpu(), meter.restart_peak(), meter.peak(), meter.core()) == (None, None, None, None)
    assert not meter.pin(0)
