"""How far an answer to a question agrees with the reference's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.compare import Agreement, Comparison
from grader.question import Question


def comparison_of(question: Question) -> Comparison:
    """How the answers to a question are compared."""
    exercise = question.exercise
    return Comparison(exercise.tolerance, exercise.any_dtype, question.scale, half=exercise.half)


def agreement(question: Question, expected: Mapping[str, Any], answer: Mapping[str, Any]) -> Agreement:
    """In the outputs that the exercise compares; outputs that nobody expects are none."""
    compares = question.exercise.compares
    return comparison_of(question)(
        {name: value for name, value in expected.items() if compares(name)},
        {name: value for name, value in answer.items() if compares(name) or name not in expected},
    )


def agreement_in_other_type(question: Question, expected: dict[str, Any], answer: dict[str, Any]) -> Agreement:
    """The same where the question's inputs were cast to the other float type."""
    return replace(comparison_of(question), floor="float32", any_dtype=True)(expected, answer)
