"""Records the reference: its answers to the public cases, and what it takes to give them."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np

from grader import wire
from grader.clock import Race, Runner, TooShort
from grader.course import Assignment
from grader.draw import PUBLIC
from grader.meter import ProcessMeter
from grader.oracle import REFERENCE_SECONDS, Measured, Oracle, OracleFault
from grader.peer import PeerLost
from grader.question import OTHER, Question, draw
from grader.recording import WITHHELD, Recording, key
from grader.spec import Exercise, MemoryLimit
from grader.yardstick import Yardstick, runner

FAR = 1e9  # a limit that no yardstick reaches: it is timed until the ratio is known ...
RACES = 5  # ... so many times, of which the median counts


def record(
    assignment: Assignment, oracle: Oracle, progress: Callable[[str], None] = lambda exercise: None
) -> Recording:
    """Ask the reference every public case, in both float types, under every edition. Raises OracleFault, CheckError."""
    recording = Recording(assignment.version, np.__version__)
    yardstick = Yardstick(oracle, PUBLIC, assignment.course.assignments)
    for exercise in assignment.checks.exercises:
        progress(exercise.id)
        if exercise.needs_cuda:
            continue
        for case in exercise.cases:
            if not case.hidden:
                question = draw(exercise, case, PUBLIC, assignment.course.assignments)
                _answers(recording, oracle, question)
        if exercise.timed_case is not None:
            recording.measured[exercise.id] = _measured(exercise, oracle, yardstick)
    return recording


def _answers(recording: Recording, oracle: Oracle, question: Question) -> None:
    exercise = question.exercise
    recording.cases[f"{exercise.id}/{question.case.name}"] = key(question)
    asked = [question, question.cast(OTHER[exercise.dtype])] if question.has_floats else [question]
    for edition in (None, *exercise.module.editions.values()):
        versions = (edition.version,) if edition else ()
        for one in asked:
            answer = oracle.answer(one, *versions)
            if isinstance(answer, wire.Failure):
                if one is question:
                    oracle.expected(question, *versions)  # raises
                continue
            told = {name: value if exercise.compares(name) else WITHHELD for name, value in answer.items()}
            recording.answers[key(one, tuple(version.id for version in versions))] = told


def _measured(exercise: Exercise, oracle: Oracle, yardstick: Yardstick) -> Measured:
    operations = None
    small, large = (yardstick.question(exercise, "count", n=n) for n in yardstick.sizes(exercise))
    counted = yardstick.counts(exercise, (small, large))
    if all(one.complete for one in counted):
        operations = counted[0].total, counted[1].total
    rule = next((rule for rule in exercise.rules if isinstance(rule, MemoryLimit)), None)
    memory = yardstick.memory(exercise, rule) if rule else None
    return Measured(operations, memory, yardstick.naive(exercise), _pace(exercise, oracle, yardstick))


def _pace(exercise: Exercise, oracle: Oracle, yardstick: Yardstick) -> float | None:
    """The reference's time in units of the yardstick's: every student is held to it, so that one noisy moment must not
    decide. Raises OracleFault."""
    if exercise.library is None:
        return None
    measured, unit = oracle.another(exercise.module.name), oracle.another(exercise.module.name)
    race = Race(
        student=Runner(measured, ProcessMeter(measured.pid), REFERENCE_SECONDS, trusted=True),
        reference=runner(unit),
        question=lambda i: yardstick.question(exercise, f"pace {i}"),
        expected=oracle.read,
        check=lambda question, reply, data, expected: None,
        limit=FAR,
    )
    found: list[float] = []
    try:
        unit.call(wire.Pace(), seconds=REFERENCE_SECONDS)
        for _ in range(RACES):
            found.append(race.run().ratio)
    except TooShort:
        if not found:
            told = f"the yardstick {exercise.library.name} of {exercise.id} is too quick to be timed"
            raise OracleFault(told) from None
    except PeerLost as lost:
        raise OracleFault(f"the yardstick of {exercise.id} cannot be timed: {lost}") from None
    finally:
        oracle.end(measured)
        oracle.end(unit)
    return statistics.median(found)
