"""An answer of another shape, and what would make it right: a transpose, a reshape, a sum, a crop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from grader.compare import Measure
from grader.diagnose.orders import DIMENSIONS
from grader.diagnose.view import LARGE, Array, View
from grader.diagnose.words import at

MARGIN = 8  # the widest border that is tried for a crop


def remedy(name: str, expected: Array, got: Array, measure: Measure, hidden: bool = False) -> str | None:
    """What would make an answer of another shape right, as a clause; every one of them has been tried. In a hidden case
    none of which half of the right answer is not a part: piece by piece it could be guessed."""
    if max(expected.size, got.size) > LARGE or expected.dtype.kind not in "biufc" or got.dtype.kind not in "biufc":
        return None
    return next(_remedies(name, expected, got, measure, hidden), None)


def _remedies(name: str, e: Array, g: Array, measure: Measure, hidden: bool) -> Iterator[str]:
    telling = len(np.unique(e.reshape(-1)[:10_000])) > 2
    if e.size == g.size and e.size:
        yield from _rearranged(name, e, g, measure)
    if g.size and e.size and (telling or g.ndim != e.ndim):
        yield from _spread(e, g, measure)
        ours = (
            (False,)
            if hidden and not View(name, e, g, measure).was_earned(np.ones(e.shape, np.bool_))
            else (False, True)
        )
        yield from _reduced(e, g, measure, ours)
        yield from _stacked(name, e, g, measure, ours)
    if e.ndim == g.ndim and (not hidden or 2 * g.size >= e.size):
        yield from _cropped(name, e, g, measure, telling)


def _rearranged(name: str, e: Array, g: Array, measure: Measure) -> Iterator[str]:
    ones = _without_ones(e) == _without_ones(g)
    if ones and measure.fits(e, g.reshape(e.shape)):
        more = "one too many" if g.ndim > e.ndim else "missing" if g.ndim < e.ndim else "in another place"
        yield f"its values are right, and a dimension of size 1 is {more}"
    for order in permutations(range(g.ndim)) if g.ndim == e.ndim and 1 < g.ndim <= DIMENSIONS else ():
        if list(order) != sorted(order) and measure.fits(e, g.transpose(order)):
            yield "it is the transpose of the right answer" if g.ndim == 2 else f"`{name}.permute{order}` is right"
    if measure.fits(e, g.reshape(e.shape)):
        yield f"`{name}.reshape{e.shape}` is right: its values are right in that order"
    if g.ndim == 2 and measure.fits(e, g.T.reshape(e.shape)):
        yield f"`{name}.T.reshape{e.shape}` is right"


def _without_ones(x: Array) -> list[int]:
    return [size for size in x.shape if size != 1]


def _reduced(e: Array, g: Array, measure: Measure, which_longer: tuple[bool, ...]) -> Iterator[str]:
    """A sum or a mean that was not taken, or was taken too far."""
    for ours in which_longer:
        longer, shorter = (e, g) if ours else (g, e)
        if longer.ndim > DIMENSIONS or longer.dtype.kind not in "iuf" or longer.ndim <= shorter.ndim - 1:
            continue
        for count in range(1, longer.ndim + 1):
            for axes in combinations(range(longer.ndim), count):
                kept = longer.sum(axis=axes, keepdims=True).shape == shorter.shape
                if not kept and tuple(s for i, s in enumerate(longer.shape) if i not in axes) != shorter.shape:
                    continue
                if math.prod(longer.shape[i] for i in axes) < 2:
                    continue
                for word, function in (("sum", np.sum), ("mean", np.mean), ("maximum", np.max)):
                    with np.errstate(all="ignore"):
                        made = np.asarray(function(longer, axis=axes, keepdims=kept))
                    if measure.fits(made, shorter) if ours else measure.fits(shorter, made):
                        which = " and ".join(str(axis) for axis in axes)
                        over = f"dimension{'s' if count > 1 else ''} {which}" if longer.ndim > 1 else "its entries"
                        if ours:
                            yield f"it is the {word} of the right answer over {over}"
                        else:
                            yield f"its {word} over {over} is right"


def _spread(e: Array, g: Array, measure: Measure) -> Iterator[str]:
    """(N,) and (N, 1) became (N, N)."""
    if g.ndim != 2 or g.shape[0] != g.shape[1] or e.size != g.shape[0] or len(g) < 2:
        return
    for text, part in (("its diagonal is", np.diagonal(g)), ("each column is", g[:, 0]), ("each row is", g[0])):
        same = text.startswith("its") or bool((g == (part[:, None] if "column" in text else part)).all())
        if same and measure.fits(e, part.reshape(e.shape)):
            yield f"{text} right, as where arrays of the shapes {(len(g), 1)} and {(len(g),)} meet"


def _stacked(name: str, e: Array, g: Array, measure: Measure, which_longer: tuple[bool, ...]) -> Iterator[str]:
    """One of several: the right answer is a part of it, or it is a part of the right answer."""
    for ours in which_longer:
        longer, shorter = (e, g) if ours else (g, e)
        if longer.ndim != shorter.ndim + 1:
            continue
        for axis, size in enumerate(longer.shape):
            for index in {0: None, size - 1: None} if size else ():
                part = longer.take(index, axis)
                if measure.fits(part, shorter) if ours else measure.fits(shorter, part):
                    if ours:
                        which = "first" if index == 0 else "last"
                        yield f"it is the {which} part of the right answer along dimension {axis} only"
                    else:
                        yield f"{at(name, *[':'] * axis, str(index))} is right"


def _cropped(name: str, e: Array, g: Array, measure: Measure, telling: bool) -> Iterator[str]:
    """A part is missing or too many at the beginning, at the end, or all round."""
    apart = [axis for axis in range(e.ndim) if e.shape[axis] != g.shape[axis]]
    if not apart:
        return
    more, fewer = (all(sign * (g.shape[i] - e.shape[i]) > 0 for i in apart) for sign in (1, -1))
    if not (more or fewer):
        return
    longer, shorter = (g, e) if more else (e, g)
    differ = [longer.shape[i] - shorter.shape[i] for i in range(e.ndim)]
    if shorter.size == 0:
        return
    along = "" if e.ndim == 1 else f" along dimension {apart[0]}" if len(apart) == 1 else ""
    for word, starts in _corners(differ, apart):
        part = longer[tuple(slice(s, s + n) for s, n in zip(starts, shorter.shape, strict=True))]
        if not (measure.fits(shorter, part) if more else measure.fits(part, shorter)):
            continue
        if not telling and shorter.size < 3:
            continue
        n = differ[apart[0]]
        if word == "all round":
            n //= 2
            yield f"{f'a border of {n} is too many' if more else f'a border of {n} is missing'}, the rest is right"
        else:
            what = f"the {word} {n}{along}" if n > 1 else f"the {word} one{along}"
            yield f"{what} {'is' if n == 1 else 'are'} {'too many' if more else 'missing'}, the rest is right"


def _corners(differ: list[int], apart: list[int]) -> Iterator[tuple[str, list[int]]]:
    """Where the shorter array may begin in the longer one."""
    same = len({differ[axis] for axis in apart}) == 1
    if len(apart) == 1 or same:
        yield "last", [0] * len(differ)
        yield "first", list(differ)
    if same and differ[apart[0]] % 2 == 0 and differ[apart[0]] // 2 <= MARGIN:
        yield "all round", [n // 2 for n in differ]
