"""The part of a wrong output that is worth looking at, as numbers to draw. Public cases only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.compare import Difference
from grader.diagnose.outcome import Wrong
from grader.diagnose.view import LARGE, Array, view
from grader.explain import told_safely
from grader.question import Question
from grader.result import Excerpt, Rows

SIDE = 12  # rows and columns of an excerpt, at most
DIGITS = 6  # of a value
ERROR_DIGITS = 2


def excerpt(wrong: Sequence[Wrong]) -> Excerpt | None:
    """Expected, got and error around the largest error of the first public case that is wrong; None where no two
    arrays of one shape differ in any."""
    for question, _, agreement in wrong:
        if question.case.hidden or agreement is None:
            continue
        for difference in agreement.differences:
            found = _of(difference, question)
            if found is not None:
                return found
    return None


def _of(difference: Difference, question: Question) -> Excerpt | None:
    seen = view(difference, question)
    if seen is None or not 1 < seen.expected.size <= LARGE or "c" in seen.expected.dtype.kind + seen.got.dtype.kind:
        return None
    errors = seen.measure.errors(seen.expected, seen.got)
    worst = np.unravel_index(int(errors.argmax()), errors.shape)
    drawn = range(errors.ndim - 2, errors.ndim)
    window = tuple(
        _around(int(at), size, SIDE if axis in drawn else 1)
        for axis, (at, size) in enumerate(zip(worst, errors.shape, strict=True))
    )
    return Excerpt(
        case=question.case.name,
        place=told_safely(f"{difference.path}[{', '.join(map(_slice, window))}]"),
        expected=_rows(seen.expected[window], DIGITS),
        got=_rows(seen.got[window], DIGITS),
        errors=_rows(errors[window], ERROR_DIGITS),
        limit=difference.tolerance,
    )


def _around(at: int, size: int, most: int) -> slice:
    """At most so many indices of a dimension, one of which is `at`."""
    length = min(size, most)
    start = min(max(at - length // 2, 0), size - length)
    return slice(start, start + length)


def _slice(part: slice) -> str:
    return str(part.start) if part.stop - part.start == 1 else f"{part.start}:{part.stop}"


def _rows(array: Array, digits: int) -> Rows:
    """The last two dimensions as rows of numbers."""
    table = array.reshape(-1, array.shape[-1]).astype(np.float64)
    return tuple(tuple(float(f"{x:.{digits}g}") if np.isfinite(x) else None for x in row) for row in table.tolist())
