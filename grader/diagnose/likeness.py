"""Whether a submission's answer is the one that a misconception gives.

Three kinds of likeness, each of them sound by itself:

    equal       every output that is compared is the misconception's, within the tolerance for right answers, and at
                least ten times nearer to it than to the right answer
    crash       both raise the same error with the same message, numbers and addresses aside
    chance      (outputs that only properties judge) the same claims fail, and each output either is equal or holds so
                many numbers that two samples of one distribution could be told apart, and is not told apart; or all
                are numbers that the submission was free to choose, for nothing is given to it
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import numpy as np

from grader import wire
from grader.agreement import comparison_of
from grader.compare import Comparison, Mismatch
from grader.oracle import Answer
from grader.question import Question
from grader.response import Response
from grader.spec import Exercise
from grader.wire import Tensor

NEARER = 10.0  # times nearer to the misconception's answer than to the right one
CHAOS = 10.0  # tolerances that an answer may be off where it is as much nearer to the misconception's
ENOUGH = 50  # numbers of an output from which on two distributions are told apart
SIGNIFICANCE = 1e-3  # of the test that does so

# Shapes, addresses and numbers, but not the digits of a name such as float32.
_numbers = re.compile(r"0x[0-9a-f]+|(?<![\w.])[-+]?\d+(x\d+)*(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)

_addresses = re.compile(r"0x[0-9a-fA-F]+")


class Likeness(IntEnum):
    """How alike two answers are."""

    NONE = 0
    CHANCE = 1  # not to be told apart, though different numbers
    CRASH = 2  # the same error, other numbers in its message
    EQUAL = 3


def likeness(question: Question, response: Response, theirs: Answer, right: dict[str, Any]) -> Likeness:
    """Of a response and a misconception's answer, where outputs are compared and where both crash.

    Outputs that only properties judge are left aside, and where all others are right in both the answer is EQUAL."""
    if isinstance(theirs, wire.Failure):
        return _of_failures(response.failure, theirs)
    if response.answer is None:
        return Likeness.NONE
    got, model, truth = (compared(question, answer) for answer in (response.answer, theirs, right))
    return Likeness.EQUAL if equal(got, model, truth, comparison_of(question)) else Likeness.NONE


def compared(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    """The outputs that are compared with the reference's, without what is another one each time: addresses of memory,
    and keys that are not equal to themselves."""
    return {name: _lasting(value) for name, value in answer.items() if question.exercise.compares(name)}


def _lasting(value: Any) -> Any:
    if isinstance(value, wire.Opaque):
        return wire.Opaque(value.type, _addresses.sub("", value.text))
    if isinstance(value, dict):
        return {_lasting_key(key): _lasting(item) for key, item in value.items()}
    return type(value)(map(_lasting, value)) if isinstance(value, list | tuple) else value


def _lasting_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(_lasting_key, key))
    return key if key == key else repr(key)


def equal(got: dict[str, Any], model: dict[str, Any], truth: dict[str, Any], how: Comparison) -> bool:
    """Whether outputs are those of a misconception, and not the right ones; or right in both."""
    away = how(truth, got)
    if away.ok:
        return how(truth, model).ok
    near = how(model, got)
    # The same mistake may lead far away, and rounding errors grow on the way.
    if any(d.kind is Mismatch.DTYPE or not 0 < d.tolerance for d in near.differences):
        return False
    if any(not d.error <= CHAOS * d.tolerance for d in near.differences):
        return False
    if any(d.kind is not Mismatch.VALUES for d in away.differences):
        return True  # another shape or dtype than the right one, and the misconception has it too
    return near.error * NEARER <= away.error


def indistinguishable(got: dict[str, Any], theirs: dict[str, Any], how: Comparison) -> bool:
    """Whether no output is told apart from the misconception's, by its numbers or by their distribution."""
    if got.keys() != theirs.keys():
        return False
    for name, value in got.items():
        if how({name: theirs[name]}, {name: value}).ok:
            continue
        ours, others = np.array(list(_flat(value))), np.array(list(_flat(theirs[name])))
        if _outline(value) != _outline(theirs[name]) or len(ours) < ENOUGH or _apart(ours, others):
            return False
    return True


def is_choice(exercise: Exercise, *answers: dict[str, Any]) -> bool:
    """Whether the answers are plain numbers to a question without inputs: chosen ones, such as learning rates. What is
    wrong with a choice is what the properties say of it, whichever numbers are chosen."""
    return not exercise.inputs and all(map(_is_plain, answers))


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, int | float)


def _of_failures(got: wire.Failure | None, theirs: wire.Failure) -> Likeness:
    if got is None or (got.kind, got.error) != (theirs.kind, theirs.error):
        return Likeness.NONE
    if got.message == theirs.message:
        return Likeness.EQUAL
    same = _numbers.sub("#", got.message) == _numbers.sub("#", theirs.message)
    return Likeness.CRASH if same else Likeness.NONE


def _flat(value: Any) -> Iterator[float]:
    """All numbers in an output."""
    if isinstance(value, Tensor):
        if value.array.dtype.kind in "fiub":
            yield from value.array.reshape(-1).tolist()
    elif isinstance(value, bool | int | float):
        try:
            yield float(value)
        except OverflowError:  # an integer that no float holds
            yield math.inf if value > 0 else -math.inf
    elif isinstance(value, dict):
        for item in value.values():
            yield from _flat(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)


def _outline(value: Any) -> Any:
    """An output without its numbers."""
    if isinstance(value, Tensor):
        return value.dtype, value.shape
    if isinstance(value, dict):
        return {key: _outline(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_outline(item) for item in value]
    return value if isinstance(value, str) else type(value).__name__


def _apart(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> bool:
    """Whether two samples of equal size come from different distributions: the test of Kolmogorov and Smirnov, with
    the asymptotic quantile sqrt(-ln(a / 2) / n), which is conservative for numbers that repeat."""
    if np.isnan(x).any() or np.isnan(y).any():
        return bool(np.isnan(x).sum() != np.isnan(y).sum())
    values = np.union1d(x, y)
    ours, others = (np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (x, y))
    return bool(np.abs(ours - others).max() > math.sqrt(-math.log(SIGNIFICANCE / 2) / len(x)))
