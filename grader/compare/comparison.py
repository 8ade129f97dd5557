"""Expected and got: agreement, or where and by how much not. Integers, booleans and text agree or they do not; floats
agree within a tolerance, see `Measure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.compare.measure import EPSILON, Measure
from grader.wire import Opaque, Tensor

HALF = ("float16", "bfloat16")
PRECISE = ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64")  # what may stand for another dtype
TOLERANCE = {"float64": 1e-7, "float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
DIFFERENCES = 1000  # that are kept of one answer: a stranger may send any number of outputs
IDENTICAL = 1 << 20  # bytes up to which arrays are first compared bit by bit
KEY_LENGTH = 40  # characters of a dict's key in a path
NO_NUMBERS = (str, Opaque, dict, list, tuple)
FAMILIES = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}


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
    """One output, or one part of it, that is not as expected. `path` names it: "dW", "grads['W1']", "history[3]";
    `safe_path` does so without keys that may have been inputs: "accuracies[...][3]"."""

    path: str
    kind: Mismatch
    expected: Any
    got: Any
    error: float = float("inf")
    tolerance: float = 0.0
    scale: float = 1.0  # of the expected output
    safe_path: str = ""
    measure: Measure | None = None  # where both are arrays of one shape


@dataclass(frozen=True)
class Agreement:
    """The comparison of a whole answer; `error` is the largest over all outputs."""

    differences: tuple[Difference, ...]
    error: float

    @property
    def ok(self) -> bool:
        return not self.differences

    @property
    def only_dtype(self) -> bool:
        """Whether nothing differs but dtypes, and all values are right to the precision of those that came back."""
        return bool(self.differences) and all(
            one.kind is Mismatch.DTYPE and one.error <= one.tolerance and dtype_name(one.got) in PRECISE
            for one in self.differences
        )


@dataclass(frozen=True)
class Comparison:
    """How an exercise's outputs are compared. `tolerance` None: by the dtype that is expected."""

    tolerance: float | None = None
    any_dtype: bool = False
    input_scale: float = 1.0
    floor: str | None = None  # a dtype whose tolerance is the least, for inputs that were rounded to it
    half: bool = False  # floats may come back in half precision, and have its tolerance then

    def __call__(self, expected: dict[str, Any], got: dict[str, Any]) -> Agreement:
        """Compare named outputs."""
        found = _Found(self)
        found.mapping(_Place(), expected, got)
        return Agreement(tuple(found.differences), found.error)

    def limit(self, dtype: str) -> float:
        """The tolerated error of an output of that dtype."""
        by_dtype = TOLERANCE.get(dtype, TOLERANCE["float64"])
        least = TOLERANCE[self.floor] if self.floor else 0.0
        return max(by_dtype if self.tolerance is None else self.tolerance, least)

    def limit_of_values(self, expected: str, got: str) -> float:
        """The tolerated error where only values count: what the less precise of both dtypes leaves."""
        if "int" in expected or expected == "bool":
            return 4 * EPSILON.get(got, EPSILON["float64"])
        return max(self.limit(expected), TOLERANCE.get(got, 0.0))

    def measure(self, expected: str, got: str, *, each: bool = False) -> Measure:
        """The yardstick for an output of one dtype where another is expected."""
        limit, names = self.limit(expected), [expected, *([self.floor] if self.floor else [])]
        if self.tolerance is None and ("int" in expected or expected == "bool"):
            limit = 4 * EPSILON.get(got, EPSILON["float64"])  # whole numbers that became floats are rounded, no more
        elif (self.half and got in HALF) or (self.tolerance is None and self.any_dtype and got == "float32"):
            limit = max(limit, TOLERANCE[got])
            names.append(got)
        return Measure(limit, self.input_scale, max(EPSILON.get(name, EPSILON["float64"]) for name in names), each)


@dataclass(frozen=True)
class _Place:
    """Where one is in two answers: as a person writes it, and without what may have been an input."""

    path: str = ""
    safe: str = ""

    def key(self, key: Any) -> _Place:
        if not self.path:
            name = _cut(key if isinstance(key, str) and key.isprintable() else repr(key))
            return _Place(name, name)
        name = _cut(repr(key))
        known = isinstance(key, str) and key.isidentifier()
        return _Place(f"{self.path}[{name}]", f"{self.safe}[{name if known else '...'}]")

    def item(self, index: int) -> _Place:
        return _Place(f"{self.path}[{index}]", f"{self.safe}[{index}]")


class _Found:
    """Walks two answers in step and collects what differs."""

    def __init__(self, how: Comparison) -> None:
        self.how = how
        self.differences: list[Difference] = []
        self.error = 0.0

    def mapping(self, place: _Place, expected: dict[Any, Any], got: dict[Any, Any]) -> None:
        for key in expected:
            if key in got:
                self.value(place.key(key), expected[key], got[key])
            else:
                self.differ(place.key(key), Mismatch.MISSING, expected[key], None)
        for key in got:
            if key not in expected:
                self.differ(place.key(key), Mismatch.EXTRA, None, got[key])

    def value(self, place: _Place, expected: Any, got: Any) -> None:
        if expected is None or got is None:
            if expected is not got:
                self.differ(place, Mismatch.NONE if got is None else Mismatch.KIND, expected, got)
        elif isinstance(expected, dict) and isinstance(got, dict):
            self.mapping(place, expected, got)
        elif isinstance(expected, list | tuple) and isinstance(got, list | tuple):
            if len(expected) != len(got):
                self.differ(place, Mismatch.SHAPE, expected, got)
            elif _alike(expected) and _alike(got) and self._dtype_fits(expected[0], got[0]):
                self.numbers(place, expected, got)
            else:
                for index, (e, g) in enumerate(zip(expected, got, strict=True)):
                    self.value(place.item(index), e, g)
        elif isinstance(expected, NO_NUMBERS) or isinstance(got, NO_NUMBERS):
            if expected != got:
                self.differ(place, Mismatch.VALUES if type(expected) is type(got) else Mismatch.KIND, expected, got)
        else:
            self.numbers(place, expected, got)

    def numbers(self, place: _Place, expected: Any, got: Any) -> None:
        if _identical(expected, got):
            return
        e, g = as_array(expected), as_array(got)
        if e is None or g is None:
            if not (_is_integer(expected) and _is_integer(got)):
                self.differ(place, Mismatch.KIND, expected, got)
            elif _integer(expected) != _integer(got):  # one of them has more than 64 bits
                self.differ(place, Mismatch.VALUES, expected, got)
            return
        if e.shape != g.shape:
            self.differ(place, Mismatch.SHAPE, expected, got)
            return
        each = isinstance(expected, list | tuple)
        measure = self.how.measure(dtype_name(expected), dtype_name(got), each=each)
        error, scale = measure.error(e, g)
        if not self._dtype_fits(*(v[0] if isinstance(v, list | tuple) else v for v in (expected, got))):
            limit = self.how.limit_of_values(dtype_name(expected), dtype_name(got))
            self.differ(place, Mismatch.DTYPE, expected, got, error, limit, scale, measure)
            return
        limit = measure.limit if {e.dtype.kind, g.dtype.kind} & {"f", "c"} else 0.0
        if error > limit:
            kind = Mismatch.NOT_FINITE if bool((np.isfinite(e) & ~np.isfinite(g)).any()) else Mismatch.VALUES
            self.differ(place, kind, expected, got, error, limit, scale, measure)
        else:
            self.error = max(self.error, error)

    def _dtype_fits(self, expected: Any, got: Any) -> bool:
        """Integers of any width pass for integers and a Python number for a 0-d tensor; a float's width counts."""
        if self.how.any_dtype:
            return True
        e, g = as_array(expected), as_array(got)
        if e is None or g is None or FAMILIES[e.dtype.kind] != FAMILIES[g.dtype.kind]:
            return False
        if e.dtype.kind in "fc" and isinstance(expected, Tensor) and isinstance(got, Tensor):
            return expected.dtype == got.dtype or (self.how.half and got.dtype in HALF)
        return True

    def differ(
        self,
        place: _Place,
        kind: Mismatch,
        expected: Any,
        got: Any,
        error: float = float("inf"),
        limit: float = 0.0,
        scale: float = 1.0,
        measure: Measure | None = None,
    ) -> None:
        if len(self.differences) < DIFFERENCES:
            found = Difference(place.path, kind, expected, got, error, limit, scale, place.safe, measure)
            self.differences.append(found)
        self.error = max(self.error, error)


def _identical(expected: Any, got: Any) -> bool:
    """Whether two tensors are the same to the last bit: what needs no measure."""
    return (
        isinstance(expected, Tensor)
        and isinstance(got, Tensor)
        and expected.dtype == got.dtype
        and expected.shape == got.shape
        and expected.array.dtype == got.array.dtype
        and expected.array.nbytes <= IDENTICAL
        and expected.array.tobytes() == got.array.tobytes()
    )


def as_array(value: Any) -> NDArray[Any] | None:
    """A tensor, array or number, or a list of numbers of one kind, as an array; None for anything else."""
    if isinstance(value, Tensor):
        return value.array
    if isinstance(value, bool | float):
        return np.asarray(value)
    if isinstance(value, int):
        return np.asarray(value) if -(2**63) <= value < 2**64 else None
    if isinstance(value, list | tuple) and _alike(value):
        return np.asarray([item.array if isinstance(item, Tensor) else item for item in value])
    return None


def dtype_name(value: Any) -> str:
    """The dtype of a tensor, or that of a Python number as a 0-d tensor; of a list that of its first number."""
    if isinstance(value, list | tuple) and value:
        return dtype_name(value[0])
    return value.dtype if isinstance(value, Tensor) else str(np.asarray(value).dtype)


def scale_of(value: Any) -> float:
    """The largest finite magnitude among the floats of a tree of inputs; 0 when there is none."""
    if isinstance(value, dict):
        return max(map(scale_of, value.values()), default=0.0)
    if isinstance(value, list | tuple):
        return max(map(scale_of, value), default=0.0)
    array = value.array if isinstance(value, Tensor) else value
    if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.size:
        return float(np.abs(array).max(initial=0.0, where=np.isfinite(array)))
    return 0.0


def _alike(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether these are numbers, or tensors without dimensions, of one kind: a vector in another dress."""
    if not values:
        return False
    first = values[0]
    if isinstance(first, Tensor):
        return all(isinstance(v, Tensor) and v.shape == () and v.dtype == first.dtype for v in values)
    if type(first) is int:
        return all(type(v) is int and -(2**63) <= v < 2**63 for v in values)
    return type(first) in (bool, float) and all(type(v) is type(first) for v in values)


def _is_integer(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.shape == () and value.array.dtype.kind in "iu"
    return type(value) is int


def _integer(value: Any) -> int:
    return int(value.array) if isinstance(value, Tensor) else int(value)


def _cut(text: str) -> str:
    return text if len(text) <= KEY_LENGTH else f"{text[:KEY_LENGTH]}..."
