"""The proof about a GPU: the references are right there too, stay there, and are in time."""

from __future__ import annotations

from grader.judge import Options
from grader.oracle import Oracle, OracleFault
from grader.question import Question
from grader.result import ExerciseResult, Verdict
from grader.spec import Exercise
from grader.validate.bench import SECRETS, Bench
from grader.validate.findings import Finding


def right(bench: Bench, module: str) -> Finding:
    """All points for every exercise of a module, what only a GPU can be asked among them."""
    exercises = {exercise.id: exercise for exercise in bench.assignment.checks.modules[module].exercises}
    options = Options(exercises=tuple(exercises), device="cuda", secret=SECRETS[0])
    gaps = []
    for one in bench.grade(bench.assignment.solution, options).exercises:
        gaps += [f"on the GPU the reference's {one.id} {what}" for what in _about(bench, exercises[one.id], one)]
    name = bench.assignment.name
    return Finding(name, f"{name}/{module}", "cuda", len(exercises), tuple(gaps))


def _about(bench: Bench, exercise: Exercise, one: ExerciseResult) -> list[str]:
    """What is to be said of an exercise, at most one thing."""
    if one.verdict is not Verdict.RIGHT or one.points != one.out_of or not one.out_of:
        return [f"is {one.verdict.words}: {one.sentence}"]
    if exercise.timed_case is not None and one.speed is None:
        return [f"is not timed: {'; '.join(one.notes)}"]
    try:
        left = strays(bench.oracle, bench.questions(exercise)[0])
    except OracleFault as fault:
        return [f"cannot be asked: {fault}"]
    return [f"leaves `{left[0]}` on the CPU"] if left else []


def strays(oracle: Oracle, question: Question) -> list[str]:
    """The outputs that the reference leaves on the CPU, though it was asked about tensors on the GPU. Raises
    OracleFault."""
    if question.exercise.needs_cuda or not question.has_tensors:
        return []
    lie = oracle.places(question, "cuda") or {}
    return [path for path, where in lie.items() if not where.startswith("cuda")]
