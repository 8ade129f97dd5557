"""The proofs about a GPU: the references are right there too, keep to the device, and stay far below their limits."""

from __future__ import annotations

import threading

from grader.judge import Options
from grader.result import Verdict
from grader.spec import Exercise
from grader.trial import times
from grader.validate.bench import SECRETS, Bench
from grader.validate.findings import Finding
from grader.validate.speed import HEADROOM

_alone = threading.Lock()  # one clock at a time


def right(bench: Bench, module: str) -> Finding:
    """All points for every exercise of a module, what only a GPU can be asked among them."""
    ids = tuple(exercise.id for exercise in bench.assignment.checks.modules[module].exercises)
    options = Options(exercises=ids, device="cuda", secret=SECRETS[0], timed=False)
    gaps, tried = [], 0
    for one in bench.grade(bench.assignment.solution, options).exercises:
        tried += 1
        if one.verdict is not Verdict.RIGHT or one.points != one.out_of or not one.out_of:
            gaps.append(f"on the GPU the reference's {one.id} is {one.verdict.words}: {one.sentence}")
    name = bench.assignment.name
    return Finding(name, f"{name}/{module}", "cuda", tried, tuple(gaps))


def quick(bench: Bench, exercise: Exercise) -> Finding:
    """The reference takes at most half of what its limit allows."""
    assert exercise.timed_case is not None
    options = Options(exercises=(exercise.id,), device="cuda", secret=SECRETS[0])
    with _alone:
        (one,) = bench.grade(bench.assignment.solution, options).exercises
    gap = None
    if one.speed is None:
        gap = f"on the GPU the reference's {exercise.id} is not timed: {one.verdict.words}, {one.sentence or one.notes}"
    elif one.speed.interval[0] > exercise.timed_case.at_most / HEADROOM:
        gap = f"on the GPU {exercise.id} takes {times(one.speed.ratio)} its own time, {one.speed.limit:g} allowed"
    return Finding(bench.assignment.name, exercise.id, "cuda speed", 1, (gap,) if gap else ())
