"""Proofs about one exercise: oracle, misconceptions, null answers, room inside the tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from grader import diagnose, wire
from grader.agreement import agreement_in_other_type
from grader.compare import TOLERANCE, Mismatch
from grader.diagnose import Wrong
from grader.question import OTHER, Question
from grader.response import Response
from grader.spec import Exercise, Version
from grader.validate.bench import SECRETS, Bench
from grader.validate.findings import Finding
from grader.wire import Tensor

ORACLE_TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
ROOM = 10.0  # other formulations stay this factor inside the tolerance, misconceptions this factor outside


def oracle(bench: Bench, exercise: Exercise) -> Finding:
    """The reference agrees with the exercise's oracle on every case."""
    gaps: list[str] = []
    questions = bench.questions(exercise)
    if exercise.oracle_function is None:
        if exercise.properties:
            return _finding(bench, exercise, "oracle", 0, [])
        return _finding(bench, exercise, "oracle", 1, [f"{exercise.id} has no oracle"])
    for question in questions:
        answer = bench.oracle.independent(question)
        if isinstance(answer, wire.Failure):
            gaps.append(f"the oracle of {exercise.id} fails on {question.case.name}: {answer.message}")
            continue
        agreement = bench.agreement(question, answer)
        limit = max(ORACLE_TOLERANCE[exercise.dtype], (exercise.tolerance or 0.0) / ROOM)
        if agreement.error > limit or (not agreement.ok and exercise.compared is None):
            gaps.append(f"{exercise.id} and its oracle differ by {agreement.error:.1e} on {question.case.name}")
    return _finding(bench, exercise, "oracle", len(questions), gaps)


def misconceptions(bench: Bench, exercise: Exercise) -> Finding:
    """Each one fails a hidden case by far or crashes there as a student's would, and is called by its own sentence."""
    gaps: list[str] = []
    for version in exercise.misconceptions:
        gap = _misconception(bench, exercise, version)
        if gap:
            gaps.append(f"{version.id}: {gap}")
    return _finding(bench, exercise, "misconception", len(exercise.misconceptions), gaps)


def _misconception(bench: Bench, exercise: Exercise, version: Version) -> str | None:
    wrong: list[Wrong] = []
    caught, far = False, 0.0
    for question in bench.questions(exercise):
        answer = bench.oracle.answer(question, version)
        if isinstance(answer, wire.Failure):
            if "super(" in answer.message:  # of a class that it is not in: no student's crash
                return f"it is broken itself: {answer.error}: {answer.message}"
            caught, far = caught or question.case.hidden, float("inf")
            wrong.append((question, Response(failure=answer), None))
            continue
        agreement = bench.agreement(question, answer)
        if agreement.ok and bench.passes(question, answer):
            continue
        caught = caught or question.case.hidden
        limits = [d.tolerance for d in agreement.differences if d.tolerance > 0 and d.kind is not Mismatch.DTYPE]
        far = max(far, float("inf") if not limits else agreement.error / max(limits))
        wrong.append((question, Response(answer=answer), agreement))
    bench.oracle.forget()
    if not wrong:
        return "no case catches it"
    if not caught:
        return "public cases catch it, no hidden one does"
    if far < ROOM:
        return f"it is only {far:.1f} tolerances away"
    hints = diagnose.hints(bench.assignment.checks, bench.oracle, wrong, ()).sentences
    bench.oracle.forget()
    if version.sentence not in hints:
        return f"it is called {hints[0]!r} instead" if hints else "its own sentence is not given"
    return None


def room(bench: Bench, exercise: Exercise) -> Finding:
    """Alternatives are right with ROOM to spare under every secret, and get no note about the other float type; the
    naive version is right."""
    gaps: list[str] = []
    tried = 0
    questions = [question for secret in SECRETS for question in bench.questions(exercise, secret)]
    if exercise.naive_version:
        tried += 1
        small = [question for question in questions if question.case is not exercise.timed_case]
        gaps.extend(_mistakes(bench, exercise.naive_version, small))
        bench.oracle.forget()
    for version in exercise.alternatives:
        for question in questions:
            tried += 1
            answer = bench.oracle.answer(question, version)
            if isinstance(answer, wire.Failure):
                gaps.append(f"{version.id} fails on {question.case.name}: {answer.message}")
                continue
            agreement = bench.agreement(question, answer)
            limit = exercise.tolerance or TOLERANCE[exercise.dtype]
            if agreement.error > limit / ROOM or not bench.passes(question, answer):
                gaps.append(f"{version.id} is {agreement.error:.1e} off on {question.case.name}, {limit:.0e} allowed")
        if questions[0].has_floats and not exercise.properties:
            tried += 1
            gaps.extend(_in_the_other_float_type(bench, version, questions[0]))
        bench.oracle.forget()
    return _finding(bench, exercise, "room", tried, gaps)


def _mistakes(bench: Bench, version: Version, questions: list[Question]) -> Iterator[str]:
    """What the judge would not take for right."""
    for question in questions:
        answer = bench.oracle.answer(question, version)
        if isinstance(answer, wire.Failure):
            yield f"{version.id} fails on {question.case.name}: {answer.message}"
        elif not bench.passes(question, answer):
            yield f"{version.id} is wrong on {question.case.name}"


def _in_the_other_float_type(bench: Bench, version: Version, question: Question) -> Iterator[str]:
    """What the judge would note about a right answer."""
    other = OTHER[question.exercise.dtype]
    cast = question.cast(other)
    answer = bench.oracle.answer(cast, version)
    if isinstance(answer, wire.Failure):
        yield f"{version.id} fails in {other}: {answer.message}"
    elif not agreement_in_other_type(question, bench.oracle.expected(cast), answer).ok:
        yield f"{version.id} is another one in {other}"


def nulls(bench: Bench, exercise: Exercise) -> Finding:
    """Zeros, ones, the input, noise, float16, another case's answer and nothing: none passes every case."""
    gaps: list[str] = []
    questions = bench.questions(exercise)
    expected = [bench.oracle.expected(question) for question in questions]
    rounded = any(_has_floats(answer[name]) for answer in expected for name in answer if exercise.compares(name))
    others = [*bench.questions(exercise, SECRETS[1])]
    tried = 0
    for name, change in NULLS.items():
        if name == "float16 arithmetic" and not rounded:
            continue  # what is judged is what the numbers do: a trained network's weights, rates to train with
        answers = [_tree(answer, partial(change, q)) for q, answer in zip(questions, expected, strict=True)]
        if name == "float16 arithmetic" and all(map(_same, answers, expected)):
            continue  # nothing that is compared here is a number that float16 does not hold
        tried += 1
        if all(bench.passes(question, answer) for question, answer in zip(questions, answers, strict=True)):
            gaps.append(f"{exercise.id}: {name} passes every case")
    if exercise.inputs:
        tried += 1
        theirs = [bench.oracle.expected(question) for question in others]
        if all(bench.passes(question, answer) for question, answer in zip(questions, theirs, strict=True)) and not all(
            map(_same, theirs, expected)
        ):
            gaps.append(f"{exercise.id}: the answers to other inputs pass every case")
    return _finding(bench, exercise, "null", tried, gaps)


def _like_input(question: Question, x: Tensor) -> Tensor:
    for value in question.inputs.values():
        if isinstance(value, np.ndarray) and value.shape == x.shape:
            return Tensor(value.astype(x.array.dtype), x.dtype, x.kind)
    return _noise(question, x)


def _noise(question: Question, x: Tensor) -> Tensor:
    generator = np.random.default_rng(question.seed)
    return Tensor(generator.standard_normal(x.shape).astype(x.array.dtype), x.dtype, x.kind)


def _half(question: Question, x: Tensor) -> Tensor:
    if x.array.dtype.kind != "f":
        return x
    with np.errstate(over="ignore"):
        return Tensor(x.array.astype(np.float16).astype(x.array.dtype), x.dtype, x.kind)


NULLS: dict[str, Callable[[Question, Tensor], Tensor]] = {
    "zeros": lambda q, x: Tensor(np.zeros_like(x.array), x.dtype, x.kind),
    "ones": lambda q, x: Tensor(np.ones_like(x.array), x.dtype, x.kind),
    "the input itself": _like_input,
    "noise": _noise,
    "float16 arithmetic": _half,
    "an empty tensor": lambda q, x: Tensor(np.zeros(0, x.array.dtype), x.dtype, x.kind),
}


def _tree(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """An answer with every tensor and number changed."""
    if isinstance(value, dict):
        return {key: _tree(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_tree(item, change) for item in value)
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, float | int):
        changed = change(Tensor.of(np.asarray(value))).array
        return changed.reshape(-1)[0].item() if changed.size else Tensor.of(changed)
    return value


def _has_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_floats, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_floats, value))
    return isinstance(value, float) or (isinstance(value, Tensor) and value.array.dtype.kind == "f")


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return np.array_equal(a.array, b.array, equal_nan=a.array.dtype.kind == "f")
    return bool(a == b)


def _finding(bench: Bench, exercise: Exercise, proof: str, tried: int, gaps: list[str]) -> Finding:
    return Finding(bench.assignment.name, exercise.id, proof, tried, tuple(gaps))
