"""Where an answer is wrong, when it is right elsewhere: a row, the border, the diagonal, where an input is negative."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.diagnose.view import Array, Finding, View
from grader.diagnose.words import at, lines_of

Mask = NDArray[np.bool_]

CHANCE = 1e-3  # a place that has to do with values is named where entries would fall into it less often than this
DENSE = 0.5  # share of a place that is wrong, from which on it says where
BORDER = 3  # the widest border
MANY = 6  # entries that nobody guesses all at once


@dataclass(frozen=True)
class Place:
    """A part of an array: `where` continues "wrong ..."; `shaped`: it is given by indices, not by values; `found`: by
    where the mask is, as no other place is; `later`: it reaches from some index to the end; `expected`: by what is
    expected."""

    key: str
    where: str
    mask: Mask
    shaped: bool
    found: bool = False
    later: bool = False
    expected: bool = False


def where(view: View, mask: Mask, own: bool = False) -> Finding | None:
    """The smallest place that holds all entries of `mask`, as "in the first row only"; None where there is none. `own`:
    the mask can be seen in the answer alone."""
    count, size = int(mask.sum()), mask.size
    if not 0 < count < size:
        return None
    box = _box(view, mask, own)
    if box is not None and not _may_be_told(view, box, own):
        box = None
    if count == 1 and box is not None:
        entry = at(view.name, *(str(int(i[0])) for i in np.nonzero(mask)))
        return Finding(f"place {box.key}", f"in one entry only{'' if view.hidden else f', {entry}'}", mask=mask)
    best: tuple[float, bool, Place] | None = None
    for place in ([box] if box else []) + list(_places(view)):
        inside = int(np.broadcast_to(place.mask, mask.shape).sum())
        if not count <= inside < size or bool((mask & ~place.mask).any()):
            continue
        density = count / inside
        if not place.shaped and _chance(size, inside, count) > CHANCE:
            continue
        if density < DENSE and not (place.shaped and inside <= size / 2):
            continue
        if (best is None or (density, place.shaped) > best[:2]) and _may_be_told(view, place, own):
            best = density, place.shaped, place
    if best is None:
        return None
    density, shaped, place = best
    whole = np.broadcast_to(place.mask, mask.shape)
    if not shaped:
        # Else a single entry could be tried, whether it is right.
        exactly = density == 1 and (own or not view.hidden)
        return Finding(f"place {place.key}", f"{'exactly' if exactly else 'only'} {place.where}", mask=whole)
    text = place.where if place.where.startswith("from") else f"{place.where} only"
    return Finding(f"place {place.key}", text, mask=whole)


def _may_be_told(view: View, place: Place, own: bool) -> bool:
    """Whether a place may be told of a hidden case. All entries outside are right, and so many could not be guessed: if
    they could, a right beginning would be told from a wrong one, and the next entry tried."""
    if not view.hidden:
        return True
    if own:
        return not place.expected
    inside = np.broadcast_to(place.mask, view.expected.shape)
    is_half = 2 * int(inside.sum()) <= inside.size
    if place.shaped and not place.found and is_half and int((~inside).sum()) >= MANY:
        return True
    return (is_half or place.later or not place.found) and view.was_earned(~inside)


def _chance(size: int, inside: int, count: int) -> float:
    """The probability that `count` of `size` entries, drawn at random, lie among `inside` ones."""
    log = sum(math.log((inside - i) / (size - i)) for i in range(min(count, 200)))
    return math.exp(log)


def _places(view: View) -> Iterator[Place]:
    yield from _parity(view)
    if view.expected.ndim > 1:
        yield from _of_a_matrix(view)
    if not view.large:
        yield from _by_value(view)


# -- by index ----------------------------------------------------------------------------------------------------------


def _box(view: View, mask: Mask, own: bool) -> Place | None:
    """The smallest block that holds all of the mask, unless that is the whole array."""
    if mask.ndim == 0:
        return None
    ranges = []
    for axis, size in enumerate(mask.shape):
        found = np.flatnonzero(mask.any(axis=tuple(i for i in range(mask.ndim) if i != axis)))
        ranges.append((int(found[0]), int(found[-1]) + 1, size))
    if all(stop - start == size for start, stop, size in ranges):
        return None
    box = np.zeros(mask.shape, np.bool_)
    box[tuple(slice(start, stop) for start, stop, _ in ranges)] = True
    key = "box " + " ".join(f"{_end(start, size)}:{_end(stop, size)}" for start, stop, size in ranges)
    narrow = [axis for axis, (start, stop, size) in enumerate(ranges) if stop - start < size]
    start, stop, size = ranges[narrow[0]]
    later, single = len(narrow) == 1 and start > 0 and stop == size, len(narrow) == 1 and stop - start == 1
    is_end = single and (later or start == 0)
    words = _box_words(view.name, ranges) if is_end or own or not view.hidden else _box_roughly(ranges, later, single)
    return Place(key, words, box, True, found=not is_end, later=later)


def _box_roughly(ranges: list[tuple[int, int, int]], later: bool, single: bool) -> str:
    """The same without indices. `later`: from some index on; `single`: at one index."""
    axis = next(axis for axis, (start, stop, size) in enumerate(ranges) if stop - start < size)
    if later:
        return f"from some point on, and right in the {lines_of(axis, len(ranges))} before"
    if single and len(ranges) <= 2:
        return f"in one {'entry' if len(ranges) == 1 else ('row', 'column')[axis]}"
    return "in one block"


def _end(index: int, size: int) -> str:
    """An index that means the same in arrays of other sizes: from the nearer end."""
    return str(index) if index < size / 2 else f"-{size - index}"


def _box_words(name: str, ranges: list[tuple[int, int, int]]) -> str:
    narrow = [axis for axis, (start, stop, size) in enumerate(ranges) if stop - start < size]
    if len(narrow) == 1 and len(ranges) <= 2:
        (axis,) = narrow
        start, stop, size = ranges[axis]
        what = "entry" if len(ranges) == 1 else ("row", "column")[axis]
        if stop - start == 1:
            if start in (0, size - 1):
                return f"in the {'last' if start else 'first'} {what}"
            return f"in {what} {start}"
        if stop == size:
            many = {"entry": "entries"}.get(what, f"{what}s")
            return f"from {what} {start} on, and right in the {many} before"
    return f"in {at(name, *(_slice(*one) for one in ranges))}"


def _slice(start: int, stop: int, size: int) -> str:
    if stop - start == 1 and size > 1:
        return str(start)
    return f"{start or ''}:{stop if stop < size else ''}"


def _parity(view: View) -> Iterator[Place]:
    shape = view.expected.shape
    for axis, size in enumerate(shape):
        if size < 4:
            continue
        for odd in (0, 1):
            mask = np.zeros(shape, np.bool_)
            mask[(*[slice(None)] * axis, slice(odd, None, 2))] = True
            along = "" if len(shape) == 1 else f" along dimension {axis}"
            yield Place(f"parity {axis} {odd}", f"at {('even', 'odd')[odd]} indices{along}", mask, True)


def _of_a_matrix(view: View) -> Iterator[Place]:
    """Border, edges, diagonal and triangles of the last two dimensions."""
    shape = view.expected.shape
    height, width = shape[-2:]
    i, j = np.arange(height)[:, None], np.arange(width)
    whole = "" if len(shape) == 2 else " of the last two dimensions"
    for thick in range(1, BORDER + 1):
        if 2 * thick < min(height, width):
            far = (i >= thick) & (i < height - thick) & (j >= thick) & (j < width - thick)
            size = "" if thick == 1 else f", {thick} wide,"
            yield Place(f"border {thick}", f"at the border{size}{whole}", ~far, True)
            yield Place(f"inside {thick}", f"inside the border{size}{whole}", far, True)
    if min(height, width) > 2:
        last = (i == height - 1) | (j == width - 1)
        yield Place("last edges", f"in the last row and the last column{whole}", last, True)
        first = (i == 0) | (j == 0)
        yield Place("first edges", f"in the first row and the first column{whole}", first, True)
        ends = np.broadcast_to((i == 0) | (i == height - 1), (height, width))
        yield Place("end rows", f"in the first and the last row{whole}", ends, True)
        ends = np.broadcast_to((j == 0) | (j == width - 1), (height, width))
        yield Place("end columns", f"in the first and the last column{whole}", ends, True)
    if height == width and height > 2:
        yield Place("diagonal", f"on the diagonal{whole}", i == j, True)
        yield Place("off diagonal", f"off the diagonal{whole}", i != j, True)
        yield Place("above", f"above the diagonal{whole}", i < j, True)
        yield Place("below", f"below the diagonal{whole}", i > j, True)


# -- by value ----------------------------------------------------------------------------------------------------------


def _by_value(view: View) -> Iterator[Place]:
    e = view.expected
    for name, x in view.arrays.items():
        spread = _spread(x, e.shape)
        if spread is not None:
            for sign, mask in _signs(spread):
                yield Place(f"{name} {sign}", f"where `{name}` is {sign}", mask, False)
            if x.ndim and x.dtype.kind in "fi" and x.size > 1:
                yield from _ties(name, x, e)
        if x.ndim == 1 and x.dtype.kind == "i" and x.size and x.min() >= 0:
            yield from _of_labels(name, x, e)
    if e.dtype.kind in "fi":
        for sign, mask in _signs(e):
            yield Place(f"expected {sign}", f"where the right answer is {sign}", mask, False, expected=True)


def _spread(x: Array, shape: tuple[int, ...]) -> Array | None:
    """An input beside the entries that belong to it: of the same shape, or with the first or last dimensions of it."""
    if x.ndim == 0 or x.ndim > len(shape):
        return None
    if x.shape == shape[: x.ndim]:
        return np.broadcast_to(x.reshape(*x.shape, *[1] * (len(shape) - x.ndim)), shape)
    return np.broadcast_to(x, shape) if x.shape == shape[-x.ndim :] else None


def _signs(x: Array) -> Iterator[tuple[str, Mask]]:
    if x.dtype.kind == "b":
        yield "true", x
        yield "false", ~x
    elif x.dtype.kind in "fi":
        with np.errstate(all="ignore"):
            yield "negative", x < 0
            yield "positive", x > 0
            yield "0", x == 0
            yield "not 0", x != 0
            if x.dtype.kind == "f" and not np.isfinite(x).all():
                yield "not finite", ~np.isfinite(x)


def _ties(name: str, x: Array, e: Array) -> Iterator[Place]:
    """Entries whose value occurs again, and rows or columns in which the largest or the smallest value does."""
    if x.shape == e.shape:
        _, back, count = np.unique(x, return_inverse=True, return_counts=True)
        again = (count > 1)[back].reshape(x.shape)
        if again.any():
            yield Place(f"{name} again", f"where a value of `{name}` occurs more than once", again, False)
    if x.ndim != 2:
        return
    for axis in (0, 1):
        for word, most in (("largest", x.max(axis=axis, keepdims=True)), ("smallest", x.min(axis=axis, keepdims=True))):
            tied = (x == most).sum(axis=axis, keepdims=True) > 1
            line = ("column", "row")[axis]
            if x.shape == e.shape and tied.any():
                mask = np.broadcast_to(tied, e.shape)
                yield Place(
                    f"{name} tied {axis} {word}",
                    f"where the {word} value of a {line} of `{name}` is not the only one",
                    mask,
                    False,
                )


def _of_labels(name: str, labels: Array, e: Array) -> Iterator[Place]:
    """The entries that labels point at, and what belongs to labels that occur more than once, or never."""
    if e.ndim == 2 and labels.shape[0] == e.shape[0] and labels.max() < e.shape[1]:
        mask = np.zeros(e.shape, np.bool_)
        mask[np.arange(len(labels)), labels] = True
        yield Place(f"{name} points", f"at the column that `{name}` names in each row", mask, False)
        yield Place(f"{name} points not", f"at the columns that `{name}` does not name", ~mask, False)
    for axis, size in enumerate(e.shape):
        if labels.max() >= size or size < 2:
            continue
        count = np.bincount(labels, minlength=size)
        along = [1] * e.ndim
        along[axis] = size
        what = lines_of(axis, e.ndim)
        for word, found in (("more than once", count > 1), ("never", count == 0), ("once", count == 1)):
            mask = np.broadcast_to(found.reshape(along), e.shape)
            yield Place(f"{name} {word} {axis}", f"in the {what} of numbers that occur {word} in `{name}`", mask, False)
