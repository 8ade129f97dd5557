"""What is said about one wrong output, without any process: `sentence(expected, got, x=...)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.compare import Comparison
from grader.diagnose import Description, Wrong, describe
from grader.question import Question
from grader.response import Response
from grader.spec import Case, Checks, Exercise
from grader.spec.errors import Location
from grader.wire import Tensor

checks = Checks("words", title="Words")
HERE = Location(__file__, 1)


@checks.module("module").exercise("function", points=100)
def _exercise(sub: Any, x: Any) -> dict[str, Any]:
    """Anything."""
    return {}


EXERCISE: Exercise = _exercise


def question(hidden: bool = False, exercise: Exercise = EXERCISE, **inputs: Any) -> Question:
    """A case with these inputs."""
    case = Case("some_case", lambda draw: inputs, hidden, None, HERE)
    return Question(exercise, case, inputs, 0)


def tensor(value: Any) -> Any:
    """Arrays become tensors, in lists and dicts too."""
    if isinstance(value, np.ndarray):
        return Tensor.of(value)
    if isinstance(value, dict):
        return {key: tensor(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(tensor, value))
    return value


def wrong(expected: Any, got: Any, hidden: bool = False, tolerance: float | None = None, **inputs: Any) -> Wrong:
    """A case whose outputs differ; what is no dict is the output `out`."""
    asked = question(hidden, **inputs)
    truth, answer = (tensor(value if isinstance(value, dict) else {"out": value}) for value in (expected, got))
    agreement = Comparison(tolerance, input_scale=asked.scale)(truth, answer)
    assert not agreement.ok, "that answer is right"
    return asked, Response(answer=answer), agreement


def described(*cases: Wrong) -> Description:
    """What is said about the first case."""
    asked, _, agreement = cases[0]
    assert agreement is not None
    return describe(agreement, asked, cases)


def sentence(expected: Any, got: Any, hidden: bool = False, tolerance: float | None = None, **inputs: Any) -> str:
    """The sentence about one case."""
    return described(wrong(expected, got, hidden, tolerance, **inputs)).sentence
