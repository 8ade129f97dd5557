"""One output that is wrong in one case, beside the inputs of that case: what every look at it needs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.compare import Difference, Measure, Mismatch, as_array, distances
from grader.question import Question
from grader.wire import Tensor

Array = NDArray[Any]

SAMPLED = 64  # entries that are looked at before all are
LARGE = 1 << 22  # entries from which on only what is cheap is tried
ARRAYS = 40  # inputs that are looked at
MANY = 1 << 12  # entries that tell whether others can be guessed

_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Finding:
    """A true sentence about a view, without its subject: "is exactly half the right answer". `key` is the same for the
    same finding in another case; `vague`: it tells how much is wrong, and nothing more.

    `discreet`: what is said of it in a hidden case: the same, another text, or nothing. Whoever chooses an answer and
    reads this may learn that it was right, also up to a change out of a small set that anybody knows; no number, and
    nothing of some entries for which the others need not be right."""

    key: str
    text: str
    vague: bool = False
    discreet: bool | str = False
    mask: NDArray[np.bool_] | None = field(default=None, compare=False, repr=False)  # the place that it tells

    def told(self, hidden: bool) -> Finding | None:
        """The finding as it may be told."""
        if not hidden or self.discreet is True:
            return self
        return replace(self, text=self.discreet) if self.discreet else None


@dataclass(frozen=True)
class View:
    """Expected and got, of one shape; `arrays` and `numbers` are the case's inputs by name."""

    name: str
    expected: Array
    got: Array
    measure: Measure
    hidden: bool = False
    arrays: dict[str, Array] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Which entries are not right."""
        return self.measure.wrong(self.expected, self.got)

    @cached_property
    def floats(self) -> bool:
        """Whether both are floats, all of them finite."""
        return all(x.dtype.kind == "f" and x.size and bool(np.isfinite(x).all()) for x in (self.expected, self.got))

    @cached_property
    def scale(self) -> float:
        """The largest magnitude that is expected."""
        return self.measure.error(self.expected, self.expected)[1]

    @cached_property
    def large(self) -> bool:
        return bool(self.expected.size > LARGE)

    @cached_property
    def telling(self) -> bool:
        """Whether the expected values are many and different enough that nothing fits them by chance."""
        some = self.expected.reshape(-1)[:10_000]
        different = len(np.unique(some[some != 0]))
        return different >= (3 if self.expected.dtype.kind == "f" else 6)

    @cached_property
    def precise(self) -> bool:
        """Whether a single number that fits is no chance: a float that is no short fraction, compared strictly."""
        if self.expected.dtype.kind != "f" or self.measure.limit > 1e-4 or not self.expected.size:
            return False
        e = float(self.expected.reshape(-1)[np.abs(self.expected).argmax()])
        return abs(e * 2520 - round(e * 2520)) > 1e-3

    @cached_property
    def strict(self) -> bool:
        """Whether so few numbers would be taken for right that a single one which fits is no chance."""
        return self.precise and self.measure.limit <= 1e-6

    def was_earned(self, right: NDArray[np.bool_]) -> bool:
        """Whether nobody guesses what is expected in these entries one by one: half of them, and three at least, are
        different floats that are no short fractions, compared strictly."""
        e = self.expected[right]
        if e.dtype.kind != "f" or self.measure.limit > 1e-4:
            return False
        e = e[:: max(1, e.size // MANY)].astype(np.float64)
        with np.errstate(all="ignore"):
            odd = e[np.isfinite(e) & (np.abs(e * 2520 - np.round(e * 2520)) > 1e-3)]
        return len(np.unique(odd)) >= max(3, e.size / 2)

    @cached_property
    def nothing(self) -> bool:
        """Whether 0 is expected everywhere, up to rounding."""
        return self.expected.size > 0 and self.measure.fits(self.expected, np.zeros_like(self.expected))

    def fits(self, candidate: Array) -> bool:
        """Whether this, in the place of what came, would be right."""
        e = self.expected
        if e.shape != candidate.shape:
            return False
        if e.size > SAMPLED:
            at = _sample(e.shape)
            if bool((distances(e[at], candidate[at]) > max(self.measure.limit * self.scale, 1e-300)).any()):
                return False
        return self.measure.fits(e, candidate)

    def is_like(self, model: Array) -> bool:
        """Whether what came is this, up to rounding; however small it is beside the inputs."""
        return replace(self.measure, input_scale=sys.float_info.min).fits(model, self.got)


def view(difference: Difference, question: Question) -> View | None:
    """The view of a difference between two arrays of one shape; None for any other."""
    e, g = as_array(difference.expected), as_array(difference.got)
    if difference.measure is None or e is None or g is None or e.shape != g.shape:
        return None
    hidden = question.case.hidden
    arrays, numbers = inputs_of(question)
    return View(path_of(difference, question), e, g, difference.measure, hidden, arrays, numbers)


def path_of(difference: Difference, question: Question) -> str:
    """How a difference may be named: in a hidden case without what may have been an input, a name of the submission's
    own, or the place of a single value in a list."""
    if not question.case.hidden:
        return difference.path
    path = difference.safe_path
    if difference.kind is Mismatch.EXTRA:
        return f"{path.rpartition('[')[0]}[...]"
    array = as_array(difference.expected)
    if array is None or array.size < 2:
        path = _INDEX.sub("[...]", path)
    if any(repr(text) in path for text in _texts(question.inputs)):
        return f"{path.partition('[')[0]}[...]"
    return path


def inputs_of(question: Question) -> tuple[dict[str, Array], dict[str, float]]:
    """The arrays and the numbers among the inputs, by the names that an ask gives them."""
    arrays: dict[str, Array] = {}
    numbers: dict[str, float] = {}
    for name, value in _leaves(question.inputs, ""):
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and len(arrays) < ARRAYS:
            arrays[name] = value
        elif type(value) in (int, float) and abs(value) < 1e15:
            numbers[name] = float(value)
    return arrays, numbers


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Tensor):
        yield name, value.array
    elif isinstance(value, dict):
        for key, item in value.items():
            if not name:
                yield from _leaves(item, str(key))
            elif isinstance(key, str) and key.isidentifier():
                yield from _leaves(item, f"{name}[{key!r}]")
    elif isinstance(value, list | tuple):
        if len(value) <= ARRAYS:
            for index, item in enumerate(value):
                if isinstance(item, Tensor | np.ndarray | dict):
                    yield from _leaves(item, f"{name}[{index}]")
    else:
        yield name, value


def _texts(value: Any) -> set[str]:
    """The texts among the inputs."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(_texts, value))
    return set()


def _sample(shape: tuple[int, ...]) -> tuple[Array, ...]:
    generator = np.random.default_rng(0)
    return tuple(generator.integers(0, size, SAMPLED) for size in shape)
