"""A case that was asked: the question, what came back, and what of it was compared."""

from __future__ import annotations

from grader.compare import Agreement, Comparison
from grader.interview import Response
from grader.question import Question

Wrong = tuple[Question, Response, Agreement | None]  # no agreement: it crashed, or failed a property
Right = tuple[Question, Response]


def comparison_of(question: Question) -> Comparison:
    """How the answers to a question are compared."""
    exercise = question.exercise
    return Comparison(exercise.tolerance, exercise.any_dtype, question.scale, half=exercise.half)
