"""How far an output is from what is expected.

The error of an entry is its distance from what is expected, divided by a scale: the largest expected magnitude in its
row (an index of the first axis), though no less than a share of that in the whole output; where all that is expected is
0, the largest magnitude among the inputs. Integers and booleans agree or they do not.

What rounding alone can do decides nothing: an output that vanishes beside the inputs counts as 0, and a row that
vanishes beside the others is measured by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
ROW_FLOOR = 1e-3  # a row's scale counts down to this share of the whole output's
ROUNDING = 16  # so many epsilons beside its surroundings may be rounding
BLOCK = 1 << 18  # entries that are measured at a time: temporary arrays stay small
EXACT = 2.0**53  # whole numbers from here on are not all floats


@dataclass(frozen=True)
class Measure:
    """The yardstick of one output: its tolerated error, the inputs' scale, and the unit of rounding of its dtype."""

    limit: float
    input_scale: float = 1.0
    epsilon: float = EPSILON["float64"]
    each: bool = False  # every entry is a row of its own: numbers in a list

    def error(self, expected: NDArray[Any], got: NDArray[Any]) -> tuple[float, float]:
        """The largest error, and the scale of the whole output. Both arrays have one shape.

        NaN where NaN is expected, and an infinity where the same one is, agree; any other value that is not finite is
        infinitely wrong."""
        if expected.size == 0:
            return 0.0, 1.0
        e, g = self._table(expected), self._table(got)
        scales, whole = self._scales(e)
        off = np.zeros(len(e))
        for rows, columns in _blocks(e.shape):
            np.maximum(off[rows], distances(e[rows, columns], g[rows, columns]).max(axis=1), out=off[rows])
        return float((off / scales).max()), whole

    def fits(self, expected: NDArray[Any], got: NDArray[Any]) -> bool:
        """Whether an array would be right."""
        return expected.shape == got.shape and self.error(expected, got)[0] <= self._limit(expected, got)

    def wrong(self, expected: NDArray[Any], got: NDArray[Any]) -> NDArray[np.bool_]:
        """Which entries are not right."""
        found = np.zeros(expected.shape, np.bool_)
        if not expected.size:
            return found
        e, g, out = self._table(expected), self._table(got), self._table(found)
        bounds = self._limit(expected, got) * self._scales(e)[0][:, None]
        for rows, columns in _blocks(e.shape):
            out[rows, columns] = distances(e[rows, columns], g[rows, columns]) > bounds[rows]
        return found

    def errors(self, expected: NDArray[Any], got: NDArray[Any]) -> NDArray[np.float64]:
        """The error of each entry, infinite where it is infinitely wrong."""
        found = np.zeros(expected.shape)
        if not expected.size:
            return found
        e, g, out = self._table(expected), self._table(got), self._table(found)
        scales = self._scales(e)[0][:, None]
        for rows, columns in _blocks(e.shape):
            out[rows, columns] = distances(e[rows, columns], g[rows, columns]) / scales[rows]
        return found

    def _limit(self, expected: NDArray[Any], got: NDArray[Any]) -> float:
        return self.limit if {expected.dtype.kind, got.dtype.kind} & {"f", "c"} else 0.0

    def _table(self, array: NDArray[Any]) -> NDArray[Any]:
        """Rows, in each of which one scale holds."""
        if self.each:
            return array.reshape(-1, 1)
        return array.reshape(len(array), -1) if array.ndim > 1 else array.reshape(1, -1)

    def _scales(self, e: NDArray[Any]) -> tuple[NDArray[np.float64], float]:
        """The scale of each row, none of them 0, and that of all."""
        rows = np.zeros(len(e))
        for at, columns in _blocks(e.shape):
            block = e[at, columns]
            size = np.abs(block.astype(np.complex128 if block.dtype.kind == "c" else np.float64, copy=False))
            largest = size.max(axis=1)
            if not np.isfinite(largest.max()):
                size[~np.isfinite(size)] = 0.0
                largest = size.max(axis=1)
            np.maximum(rows[at], largest, out=rows[at])
        whole, inputs = float(rows.max()), self.input_scale or 1.0
        if whole <= ROUNDING * self.epsilon * inputs:
            return np.full(len(e), inputs), inputs
        least = max(ROW_FLOOR, ROUNDING * self.epsilon / self.limit) if self.limit > 0 else ROW_FLOOR
        return np.maximum(rows, min(least, 1.0) * whole), whole


def distances(expected: NDArray[Any], got: NDArray[Any]) -> NDArray[np.float64]:
    """|got - expected| for each entry, infinite where one of them is not finite and they are not the same."""
    whole = [array.dtype.kind in "biu" for array in (expected, got)]
    if all(whole):
        return _between_integers(expected, got)
    wide: Any = np.complex128 if "c" in (expected.dtype.kind + got.dtype.kind) else np.float64
    e, g = expected.astype(wide, copy=False), got.astype(wide, copy=False)
    with np.errstate(all="ignore"):
        found: NDArray[np.float64] = np.asarray(np.abs(g - e))
    if not np.isfinite(found.max(initial=0.0)):  # else all of them are
        found[(e == g) | (np.isnan(e) & np.isnan(g))] = 0.0
        found[~np.isfinite(found)] = np.inf
    if any(whole):
        integers, floats = (expected, got) if whole[0] else (got, expected)
        large = (np.abs(integers.astype(np.float64)) >= EXACT) & (np.abs(floats) >= EXACT) & (np.abs(floats) < 2.0**63)
        if large.any():
            found[large] = _between_integers(integers[large], floats[large].astype(np.int64))
    return found


def _between_integers(expected: NDArray[Any], got: NDArray[Any]) -> NDArray[np.float64]:
    """|got - expected| for integers of any width and sign, 0 only where they are equal."""
    e, g = expected.astype(np.uint64), got.astype(np.uint64)  # modulo 2**64, which keeps the order within a sign
    found: NDArray[np.float64] = np.where(e > g, e - g, g - e).astype(np.float64)
    apart = (expected < 0) != (got < 0)
    if apart.any():
        found[apart] = np.abs(got[apart].astype(np.float64) - expected[apart].astype(np.float64))
    return found


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """A table cut into parts of at most BLOCK entries."""
    height, width = max(1, BLOCK // max(shape[1], 1)), min(max(shape[1], 1), BLOCK)
    for row in range(0, shape[0], height):
        for column in range(0, shape[1], width):
            yield slice(row, row + height), slice(column, column + width)
