"""An answer whose numbers are right and stand in other places: transposed, turned round, shifted, permuted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from grader.diagnose.view import Array, Finding, View
from grader.diagnose.words import at, lines_of

DIMENSIONS = 5  # up to which every order of the axes is tried


def orders(view: View) -> Iterator[Finding]:
    """In which way the right numbers are out of place."""
    if not view.telling or view.expected.ndim == 0:
        return
    yield from _axes(view)
    yield from _turned(view)
    yield from _shifted(view)
    yield from _permuted(view)
    yield from _any_order(view)


def _axes(view: View) -> Iterator[Finding]:
    g = view.got
    for order in permutations(range(g.ndim)) if g.ndim <= DIMENSIONS else ():
        if list(order) != sorted(order) and view.fits(g.transpose(order)):
            yield Finding(f"axes {order}", transposed(view.name, order), discreet=True)


def transposed(name: str, order: tuple[int, ...]) -> str:
    """Which axes are exchanged, as a predicate; `order` makes it right."""
    if order == (1, 0):
        return "is transposed"
    moved = [axis for axis, other in enumerate(order) if axis != other]
    if len(moved) == 2:
        return f"has its dimensions {moved[0]} and {moved[1]} exchanged"
    return f"has its dimensions in another order: `{name}.permute{order}` is right"


def _turned(view: View) -> Iterator[Finding]:
    g = view.got
    axes = [axis for axis in range(g.ndim) if g.shape[axis] > 1]
    for count in (1, 2):
        for turned in combinations(axes, count):
            if view.fits(np.flip(g, turned)):
                what = " and ".join(lines_of(axis, g.ndim) for axis in turned)
                yield Finding(f"turned {turned}", f"has its {what} in reverse order", discreet=True)


def _shifted(view: View) -> Iterator[Finding]:
    """By one, along an axis; what is at the edge may be anything."""
    e, g = view.expected, view.got
    for axis in range(e.ndim):
        if e.shape[axis] < 3 or view.measure.each:
            continue
        before, after = _cut(axis, slice(None, -1)), _cut(axis, slice(1, None))
        for late, (ours, theirs) in ((True, (after, before)), (False, (before, after))):
            moved = view.expected.copy()
            moved[theirs] = g[ours]
            if len(np.unique(e[theirs])) > 2 and view.fits(moved):
                there = [":"] * axis
                one = at(view.name, *there, "i + 1" if late else "i")
                other = at(view.name, *there, "i" if late else "i + 1")
                what = f"is shifted by one: what belongs to {other} stands at {one}"
                yield Finding(f"shifted {axis} {late}", what, discreet=True)


def _permuted(view: View) -> Iterator[Finding]:
    """Along the first or the last axis."""
    e, g = view.expected, view.got
    for axis in {0: None, e.ndim - 1: None} if e.ndim > 1 else ():
        order = _matching(np.moveaxis(e, axis, 0), np.moveaxis(g, axis, 0))
        if order is not None and view.fits(np.take(g, order, axis)):
            yield Finding(
                f"permuted {axis}", f"has the right {lines_of(axis, e.ndim)}, in another order", discreet=True
            )


def _matching(e: Array, g: Array) -> Array | None:
    """The order that makes the slices of g those of e, if there is one; None where too many slices are alike."""
    weights = np.random.default_rng(1).standard_normal(int(np.prod(e.shape[1:])))
    with np.errstate(all="ignore"):
        ours, theirs = (x.reshape(len(x), -1).astype(np.float64) @ weights for x in (e, g))
    if len(e) < 3 or len(np.unique(ours)) < 3 or not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return None
    order = np.empty(len(e), np.int64)
    order[np.argsort(ours, kind="stable")] = np.argsort(theirs, kind="stable")
    return order


def _any_order(view: View) -> Iterator[Finding]:
    e, g = view.expected, view.got
    if view.large or e.dtype.kind not in "fiu" or g.dtype.kind not in "fiu":
        return
    if np.isnan(e).any() or np.isnan(g).any():
        return
    order = np.empty(e.size, np.int64)
    order[np.argsort(e, axis=None, kind="stable")] = np.argsort(g, axis=None, kind="stable")
    if view.fits(g.reshape(-1)[order].reshape(e.shape)):
        yield Finding("order", "has the right values, in another order", discreet=True)


def _cut(axis: int, part: slice) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, part)
