"""What shows only when a failed case is asked again: alone, twice in a row, and in the other float type."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.agreement import comparison_of
from grader.compare import Agreement, Mismatch
from grader.diagnose.likeness import compared
from grader.diagnose.outcome import Wrong
from grader.diagnose.view import inputs_of
from grader.interview import Imported, Interview
from grader.oracle import Oracle
from grader.question import OTHER, Question
from grader.response import Response
from grader.spec import TimedCase, Version

FAR = 1e-3  # an error that float32's tolerance does not hide

LEFT_OVER = (
    "Asked on its own, the case {case} is right: something is left over from the calls before it, "
    "in a global, a default argument or an attribute."
)
UNSTABLE = (
    "The same call with the same seed gives another answer each time: it depends on the clock, on a generator of its "
    "own, or on memory that was never written (torch.empty)."
)
SECOND = "A second call with the same inputs gives another answer: something is kept from one call to the next."
FIXED = "With {dtype} inputs it is right: a dtype is fixed in it, where that of the inputs should be kept."
DIGITS = "With float64 inputs it is right: on its way it needs more digits, or a wider range, than float32 has."


def again(
    interview: Interview, imported: Imported, oracle: Oracle, wrong: Sequence[Wrong], edition: tuple[Version, ...]
) -> tuple[str, ...]:
    """What asking the smallest failed case again shows, as sentences. Raises OracleFault."""
    cases = [one for one in wrong if one[1].lost is None and not one[0].exercise.properties]
    if not cases:
        return ()
    question, response, agreement = min(cases, key=lambda one: (isinstance(one[0].case, TimedCase), _size(one[0])))
    cast = _in_the_other_type(question, agreement)
    transcript = interview.ask(imported, [question, question], cast)
    alone, second = transcript.responses
    if alone.lost is not None:
        return ()
    if not _same(question, response, alone):
        third = interview.ask(imported, [question]).responses[0]
        if third.lost is not None:
            return ()
        if not _same(question, alone, third):
            return (UNSTABLE,)
        right = alone.answer is not None and _against_reference(oracle, question, alone, edition).ok
        return (LEFT_OVER.format(case=question.case.name) if right else SECOND,)
    if second.lost is None and not _same(question, alone, second):
        return (SECOND,)
    for other, told in zip(cast, transcript.aside, strict=False):
        if told.answer is not None and _against_reference(oracle, other, told, edition).ok:
            dtype = question.exercise.dtype
            fixed = dtype == "float64" or _kinds(agreement) == {Mismatch.DTYPE}
            return (FIXED.format(dtype=OTHER[dtype]) if fixed else DIGITS,)
    return ()


def _in_the_other_type(question: Question, agreement: Agreement | None) -> list[Question]:
    """The question in the other float type, where a right answer to it would tell something: what is slightly wrong in
    float64 is right in float32 for no reason but the tolerance."""
    slightly = agreement is not None and _kinds(agreement) <= {Mismatch.VALUES} and agreement.error < FAR
    return [question.cast(OTHER[question.exercise.dtype])] if question.has_floats and not slightly else []


def _kinds(agreement: Agreement | None) -> set[Mismatch]:
    return {difference.kind for difference in agreement.differences} if agreement else set()


def _against_reference(
    oracle: Oracle, question: Question, response: Response, edition: tuple[Version, ...]
) -> Agreement:
    assert response.answer is not None
    truth = oracle.expected(question, edition[0] if edition else None)
    return comparison_of(question)(compared(question, truth), compared(question, response.answer))


def _same(question: Question, one: Response, other: Response) -> bool:
    """Whether two responses to one question are the same."""
    if one.answer is not None and other.answer is not None:
        how = comparison_of(question)
        return how(compared(question, one.answer), compared(question, other.answer)).ok
    if one.failure is not None and other.failure is not None:
        return (one.failure.kind, one.failure.error) == (other.failure.kind, other.failure.error)
    return False


def _size(question: Question) -> int:
    """How many numbers the arrays among the inputs hold."""
    return int(np.sum([array.size for array in inputs_of(question)[0].values()]))
