"""Expected and got: agreement, or where and by how much not.

The error of an output is relative to the scale of what was expected, in units that its dtype allows: with e the
expected and g the got output, |g - e| / max(|e| of the row, |e| overall / 1000). Where everything expected is 0, the
scale is that of the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.wire import Opaque, Tensor

TOLERANCE = {"float64": 1e-7, "float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
ROW_FLOOR = 1e-3  # a row's scale counts down to this share of the whole output's


class Mismatch(StrEnum):
    """In what way an output differs."""

    MISSING = "missing"
    EXTRA = "extra"
    NONE = "none"
    KIND = "kind"  # a list for a tensor, text for a number
    SHAPE = "shape"
    DTYPE = "dtype"
    NOT_FINITE = "not finite"
    VALUES = "values"


@dataclass(frozen=True)
class Difference:
    """One output, or one part of it, that is not as expected. `path` names it: "dW", "grads['W1']", "history[3]"."""

    path: str
    kind: Mismatch
    expected: Any
    got: Any
    error: float = float("inf")
    tolerance: float = 0.0
    scale: float = 1.0  # of the expected output


@dataclass(frozen=True)
class Agreement:
    """The comparison of a whole answer; `error` is the largest over all outputs."""

    differences: tuple[Difference, ...]
    error: float

    @property
    def ok(self) -> bool:
        return not self.differences


@dataclass(frozen=True)
class Comparison:
    """How an exercise's outputs are compared. `tolerance` None: by the dtype that is expected."""

    tolerance: float | None = None
    any_dtype: bool = False
    input_scale: float = 1.0
    floor: str | None = None  # a dtype whose tolerance is the least, for inputs that were rounded to it

    def __call__(self, expected: dict[str, Any], got: dict[str, Any]) -> Agreement:
        """Compare named outputs."""
        found = _Found(self)
        found.mapping("", expected, got)
        return Agreement(tuple(found.differences), found.error)

    def limit(self, dtype: str) -> float:
        """The tolerated error of an output of that dtype."""
        by_dtype = TOLERANCE.get(dtype, TOLERANCE["float64"])
        least = TOLERANCE[self.floor] if self.floor else 0.0
        return max(by_dtype if self.tolerance is None else self.tolerance, least)


class _Found:
    """Walks two answers in step and collects what differs."""

    def __init__(self, how: Comparison) -> None:
        self.how = how
        self.differences: list[Difference] = []
        self.error = 0.0

    def mapping(self, path: str, expected: dict[Any, Any], got: dict[Any, Any]) -> None:
        for key in expected:
            name = f"{path}[{key!r}]" if path else str(key)
            if key in got:
                self.value(name, expected[key], got[key])
            else:
                self.differ(name, Mismatch.MISSING, expected[key], None)
        for key in got:
            if key not in expected:
                self.differ(f"{path}[{key!r}]" if path else str(key), Mismatch.EXTRA, None, got[key])

    def value(self, path: str, expected: Any, got: Any) -> None:
        if expected is None or got is None:
            if expected is not got:
                self.differ(path, Mismatch.NONE if got is None else Mismatch.KIND, expected, got)
        elif isinstance(expected, dict) and isinstance(got, dict):
            self.mapping(path, expected, got)
        elif isinstance(expected, list | tuple) and isinstance(got, list | tuple):
            if len(expected) != len(got):
                self.differ(path, Mismatch.SHAPE, expected, got)
                return
            for index, (e, g) in enumerate(zip(expected, got, strict=True)):
                self.value(f"{path}[{index}]", e, g)
        elif isinstance(expected, str) or isinstance(got, str | Opaque | dict):
            if expected != got:
                self.differ(path, Mismatch.VALUES if type(expected) is type(got) else Mismatch.KIND, expected, got)
        else:
            self.numbers(path, expected, got)

    def numbers(self, path: str, expected: Any, got: Any) -> None:
        e, g = as_array(expected), as_array(got)
        if e is None or g is None:
            self.differ(path, Mismatch.KIND, expected, got)
            return
        if e.shape != g.shape:
            self.differ(path, Mismatch.SHAPE, expected, got)
            return
        if not self._dtype_fits(expected, got, e, g):
            self.differ(path, Mismatch.DTYPE, expected, got, error_of(e, g, self.how.input_scale)[0])
            return
        if e.dtype.kind not in "fc" and g.dtype.kind not in "fc":
            wrong = not np.array_equal(e, g)
            if wrong:
                self.differ(path, Mismatch.VALUES, expected, got, error_of(e, g, self.how.input_scale)[0])
            return
        error, scale = error_of(e, g, self.how.input_scale)
        limit = self.how.limit(dtype_name(expected))
        if not error <= limit:
            kind = Mismatch.VALUES if np.isfinite(g).all() or not np.isfinite(e).all() else Mismatch.NOT_FINITE
            self.differ(path, kind, expected, got, error, limit, scale)
        else:
            self.error = max(self.error, error)

    def _dtype_fits(self, expected: Any, got: Any, e: NDArray[Any], g: NDArray[Any]) -> bool:
        """Integers of any width pass for integers and a Python number for a 0-d tensor; a float's width counts."""
        if self.how.any_dtype:
            return True
        families = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
        if families[e.dtype.kind] != families[g.dtype.kind]:
            return False
        if e.dtype.kind in "fc" and isinstance(expected, Tensor) and isinstance(got, Tensor):
            return expected.dtype == got.dtype
        return True

    def differ(
        self,
        path: str,
        kind: Mismatch,
        expected: Any,
        got: Any,
        error: float = float("inf"),
        limit: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        self.differences.append(Difference(path, kind, expected, got, error, limit, scale))
        self.error = max(self.error, error)


def as_array(value: Any) -> NDArray[Any] | None:
    """A tensor, array or number as an array; None for anything else."""
    if isinstance(value, Tensor):
        return value.array
    if isinstance(value, bool | float):
        return np.asarray(value)
    if isinstance(value, int):
        return np.asarray(value) if -(2**63) <= value < 2**64 else None
    return None


def dtype_name(value: Any) -> str:
    """The dtype of a tensor, or that of a Python number as a 0-d tensor."""
    return value.dtype if isinstance(value, Tensor) else str(np.asarray(value).dtype)


def error_of(expected: NDArray[Any], got: NDArray[Any], input_scale: float = 1.0) -> tuple[float, float]:
    """The largest error relative to the scale, row by row, and the scale of the whole output.

    Both arrays have one shape. NaN where NaN is expected, and an infinity where the same one is, agree; any other
    value that is not finite is infinitely wrong."""
    if expected.size == 0:
        return 0.0, 1.0
    wide: Any = np.complex128 if "c" in (expected.dtype.kind + got.dtype.kind) else np.float64
    e, g = expected.astype(wide), got.astype(wide)
    same = (e == g) | (np.isnan(e) & np.isnan(g))
    with np.errstate(all="ignore"):
        distance = np.where(same, 0.0, np.abs(g - e))
        distance = np.where(np.isfinite(distance), distance, np.inf)
        size = np.where(np.isfinite(e), np.abs(e), 0.0)
        whole = float(size.max())
        if whole == 0.0:
            return float(distance.max()) / (input_scale or 1.0), input_scale or 1.0
        if e.ndim < 2:
            return float(distance.max()) / whole, whole
        rows = size.reshape(len(e), -1).max(axis=1)
        off = distance.reshape(len(e), -1).max(axis=1)
        return float((off / np.maximum(rows, ROW_FLOOR * whole)).max()), whole


def scale_of(value: Any) -> float:
    """The largest finite magnitude among the floats of a tree of inputs; 0 when there is none."""
    if isinstance(value, dict):
        return max(map(scale_of, value.values()), default=0.0)
    if isinstance(value, list | tuple):
        return max(map(scale_of, value), default=0.0)
    array = value.array if isinstance(value, Tensor) else value
    if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.size:
        return float(np.where(np.isfinite(array), np.abs(array), 0.0).max())
    return 0.0
