"""Mutants of the references, each asked what the reference is asked, until a case catches it."""

from __future__ import annotations

from grader.interview import Imported, Interview
from grader.oracle import OracleFault
from grader.peer import PeerLost
from grader.question import Question
from grader.spec import Exercise
from grader.validate.bench import Bench, faster
from grader.validate.findings import Finding
from grader.validate.mutants import Mutant, mutants


def all_mutants(bench: Bench, module: str) -> list[Mutant]:
    """Every mutant of a reference module."""
    return mutants(module, (bench.assignment.solution / f"{module}.py").read_text(encoding="utf-8"))


def mutation(bench: Bench, module: str, scope: str, chosen: list[Mutant]) -> Finding:
    """How many mutants of one function are caught; survivors are listed, declared equivalents are not counted."""
    equivalents = {s for exercise in bench.assignment.checks.modules[module].exercises for s in exercise.equivalents}
    survivors = [m.name for m in chosen if m.statement not in equivalents and not caught(bench, m)]
    known = sum(m.statement in equivalents for m in chosen)
    subject = f"{module}.{scope}"
    return Finding(
        bench.assignment.name, subject, "mutant", len(chosen) - known, survivors=tuple(survivors), equivalent=known
    )


def caught(bench: Bench, mutant: Mutant) -> bool:
    """Whether some case tells the mutant from the reference."""
    with bench.changed(mutant.module, mutant.source) as submission:
        interview = bench.interview(submission)
        try:
            imported = interview.load(mutant.module)
        except PeerLost:
            return True
        if imported.failed:
            return True
        try:
            return any(_fails(bench, interview, imported, exercise) for exercise in _exercises(bench, mutant))
        finally:
            interview.end(imported)


def _exercises(bench: Bench, mutant: Mutant) -> list[Exercise]:
    """The module's exercises, the one that is named after the mutated function first."""
    exercises = bench.assignment.checks.modules[mutant.module].exercises
    return sorted(exercises, key=lambda e: not (e.name == mutant.scope or mutant.scope.startswith(f"{e.name}.")))


def _fails(bench: Bench, interview: Interview, imported: Imported, exercise: Exercise) -> bool:
    if exercise.needs_cuda:
        return False
    questions: list[Question] = bench.questions(exercise)
    transcript = interview.ask(imported, [faster(q, bench.patience(q)) for q in questions])
    for question, response in zip(questions, transcript.responses, strict=True):
        if response.answer is None or (exercise.keep_inputs and response.changed):
            return True
        try:
            if not bench.passes(question, response.answer):
                return True
        except OracleFault:
            return True
    return False
