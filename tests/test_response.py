"""What the judge keeps of answers: bounded for an exercise, whatever came; and the values of what may be right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.response import KEPT, SMALL, Response, Transcript, without_bulk
from grader.wire import Tensor


def zeros(*shape: int) -> Tensor:
    return Tensor.of(np.zeros(shape, np.int8))


def answer(**outputs: Any) -> Response:
    return Response(answer=outputs)


def test_one_exercise_keeps_so_much_and_then_says_so() -> None:
    transcript = Transcript()
    for size in (KEPT // 2, KEPT // 2 + 1, 1000):
        transcript.add(answer(out=zeros(size)))
    first, second, third = transcript.responses
    assert first.answer is not None and third.answer is not None, "what is small is kept after what was not"
    assert second.answer is None and second.failure is not None
    assert second.failure.message == "it has 34 MB, and all answers to an exercise together may have 67 MB"


@pytest.mark.parametrize(
    "value", [[0] * 100_000, {"x" * 50: 1}, "x" * 5000, 3**30_000, [("a", 1.5)] * 4000], ids=lambda v: type(v).__name__
)
def test_a_size_counts_whatever_takes_memory(value: Any) -> None:
    assert answer(out=value).size > 64


BULK = zeros(SMALL + 1)


@pytest.mark.parametrize(
    ("expected", "is_kept"),
    [
        ({"out": zeros(SMALL + 1)}, True),
        ({"out": zeros(1, SMALL + 1)}, True),  # its entries may be the right ones in another shape
        ({"out": zeros(3)}, False),
        ({"out": 1.0}, False),
        ({}, False),
    ],
)
def test_the_values_of_a_large_array_are_kept_where_they_may_be_right(expected: dict[str, Any], is_kept: bool) -> None:
    kept = without_bulk(answer(out=BULK), expected).answer
    assert kept is not None and kept["out"].shape == BULK.shape
    assert (kept["out"].array is BULK.array) == is_kept
    if not is_kept:
        assert kept["out"].array.base.nbytes == 1


def test_what_is_small_is_kept_beside_what_is_not() -> None:
    given = answer(small=zeros(5), nested=[{"large": BULK, "text": "x"}])
    kept = without_bulk(given, {"small": zeros(4), "nested": [{"large": zeros(3)}]}).answer
    assert kept is not None and given.answer is not None
    assert kept["small"] is given.answer["small"]
    assert kept["nested"][0]["text"] == "x" and kept["nested"][0]["large"].array.strides == (0,)
