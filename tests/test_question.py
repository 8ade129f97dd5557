"""A case's question, and the same question in another float type."""

from __future__ import annotations

import numpy as np
import pytest

from grader.course import Assignment
from grader.question import Question

WIDE = np.arange(60, dtype=np.float64).reshape(3, 4, 5)
PLACED = {
    "contiguous": WIDE,
    "every second entry": WIDE[..., 1::2],
    "transposed": WIDE.T,
    "a part of each axis": WIDE[:2, 1:3, ::3],
    "transposed, with gaps": WIDE[:, ::2].transpose(2, 0, 1),
    "one number for all": np.broadcast_to(np.float64(3), (4, 2)),
    "backwards": WIDE[::-1],
    "one number": np.array(2.5),
    "nothing": WIDE[:0],
}


@pytest.mark.parametrize("how", PLACED)
def test_a_question_in_another_dtype_lies_in_memory_as_before(how: str, toy: Assignment) -> None:
    exercise = toy.checks["algebra.scale"]
    x = PLACED[how]
    cast = Question(exercise, exercise.cases[0], {"x": x, "n": np.arange(3)}, 0).cast("float32")
    made = cast.inputs["x"]
    assert made.dtype == np.float32 and np.array_equal(made, x)
    assert cast.inputs["n"].dtype == np.arange(3).dtype
    if how not in ("backwards", "nothing"):  # torch has no such tensors; no entry lies anywhere
        assert [step // made.itemsize for step in made.strides] == [step // x.itemsize for step in x.strides]
