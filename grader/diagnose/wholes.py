"""What an answer is as a whole: zero, an input, off by something, the square of what is right, rounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from grader.compare import EPSILON
from grader.diagnose.view import Array, Finding, View
from grader.diagnose.words import lines_of, share

SPREAD = 0.3  # of the entries that are not exactly right where the digits are too few

Function = Callable[[Array], Array]


def simple(view: View) -> Iterator[Finding]:
    """Zero, the same number everywhere, or an input."""
    e, g = view.expected, view.got
    if g.size > 1 and not g.any() and e.any():
        yield Finding("zero", "is zero everywhere", discreet=True)
    elif g.size > 2 and e.size and bool((g == g.reshape(-1)[0]).all()) and not bool((e == e.reshape(-1)[0]).all()):
        yield Finding("constant", "is the same number everywhere", discreet=True)
    for name, array in view.arrays.items():
        if array.size > 1 and array.dtype.kind == g.dtype.kind and array.any() and view.telling:
            if array.shape == g.shape and np.array_equal(array, g):
                yield Finding(f"input {name}", f"is the input `{name}`, unchanged", discreet=True)
            elif array.ndim == 2 and array.T.shape == g.shape and np.array_equal(array.T, g):
                yield Finding(f"input {name}.T", f"is the transpose of the input `{name}`", discreet=True)


def offsets(view: View) -> Iterator[Finding]:
    """Off by one number, or by a multiple of an input."""
    if view.measure.each or not view.floats or not view.telling or view.large:
        return
    e, g = view.expected, view.got
    away = g - e
    c = float(np.median(away))
    if c and view.fits(g - c):
        text = f"is too {'large' if c > 0 else 'small'} by the same number everywhere, {abs(c):.4g}"
        yield Finding("offset", text, discreet="is off by the same number everywhere")
    yield from _multiple_of_an_input(view, away)


def one_off(view: View) -> Iterator[Finding]:
    """Everything is larger by 1, or smaller: counted from 0 and from 1."""
    e, g = view.expected, view.got
    if not e.size or e.dtype.kind not in "fi" or g.dtype.kind != e.dtype.kind or not np.isfinite(e).all():
        return
    if e.dtype.kind == "f" and not (view.telling or view.strict):
        return
    for by, word in ((1, "large"), (-1, "small")):
        if view.fits((g - by).astype(g.dtype)):
            everywhere = " everywhere" if e.size > 1 else ""
            yield Finding(f"one {by}", f"is too {word} by exactly one{everywhere}", discreet=True)


def _multiple_of_an_input(view: View, away: Array) -> Iterator[Finding]:
    """A term that is missing or one too many."""
    for name, x in view.arrays.items():
        if x.shape != away.shape or x.dtype.kind != "f" or x.size < 3 or not x.any() or not np.isfinite(x).all():
            continue
        at = np.unravel_index(int(np.abs(x).argmax()), x.shape)
        c = float(away[at] / x[at])
        if c and view.fits(view.got - c * x) and _is_large(view, c * x):
            yield Finding(
                f"term {name}",
                f"differs from the right answer by a multiple of `{name}`: a term is missing or too many",
                discreet=True,
            )


def _is_large(view: View, difference: Array) -> bool:
    """Whether it is far above the tolerance: where it is not, anything fits it."""
    return bool(np.abs(difference).max() > 100 * view.measure.limit * view.scale)


def of_each_row(view: View) -> Iterator[Finding]:
    """The right answer but for a number that is added to each row or column, or a factor of each."""
    e, g = view.expected, view.got
    if e.ndim < 2 or not view.floats or not view.telling or view.large:
        return
    for axis in range(e.ndim - 1, -1, -1):
        if e.shape[axis] < 3:
            continue
        off = (g - e).mean(axis=axis, keepdims=True)
        if view.fits(g - off) and _is_large(view, off):
            text = f"is right but for a number that is added to {_each(view, axis)}"
            yield Finding(f"offset of {axis}", text, discreet=True)
        place = np.expand_dims(np.abs(e).argmax(axis=axis), axis)
        with np.errstate(all="ignore"):
            k = np.take_along_axis(g, place, axis) / np.take_along_axis(e, place, axis)
        k = np.where(np.isfinite(k) & (k != 0), k, 1.0)
        if view.fits(g / k):
            text = f"is right but for a factor of its own for {_each(view, axis)}"
            yield Finding(f"factor of {axis}", text, discreet=True)


def _each(view: View, axis: int) -> str:
    """The slices along an axis: for the last axis of a matrix "each row"."""
    if view.expected.ndim == 2:
        return f"each {lines_of(1 - axis, 2).removesuffix('s')}"
    return f"each slice along dimension {axis}"


FUNCTIONS: tuple[tuple[str, Function], ...] = (
    ("is the square of the right answer", np.square),
    ("is the square root of the right answer", lambda x: np.sqrt(np.where(x < 0, np.nan, x))),
    ("is one divided by the right answer", np.reciprocal),
    ("is the exponential of the right answer", np.exp),
    ("is the logarithm of the right answer", lambda x: np.log(np.where(x <= 0, np.nan, x))),
    ("is one minus the right answer", lambda x: 1 - x),
    ("is the magnitude of the right answer: the signs are lost", np.abs),
    ("is the right answer with 0 in the place of what is negative", lambda x: np.maximum(x, 0)),
    ("is the right answer with 0 in the place of what is positive", lambda x: np.minimum(x, 0)),
    ("is the right answer rounded to whole numbers", np.round),
    ("is the right answer cut off to whole numbers", np.trunc),
)


def functions(view: View) -> Iterator[Finding]:
    """A function of the right answer, entry by entry."""
    if not view.floats or not (view.telling or view.strict):
        return
    e, g = view.expected, view.got
    for text, function in FUNCTIONS:
        with np.errstate(all="ignore"):
            model = function(e)
        if bool(np.isfinite(model).all()) and model.any() and view.is_like(model) and not view.fits(model):
            yield Finding(text, text, discreet=function not in (np.round, np.trunc))  # whole numbers can be guessed
    if e.size > 2 and view.telling:
        signs = (g < 0) != (e < 0)
        if view.fits(np.where(signs, -g, g)):
            text = f"has the wrong sign in {share(int(signs.sum()), e.size)}, and is right otherwise"
            yield Finding("signs", text, discreet="has the wrong sign in some entries, and is right otherwise")


def precision(view: View) -> Iterator[Finding]:
    """Right to the digits of a shorter float."""
    if not view.floats or view.expected.dtype != view.got.dtype:
        return
    error = view.measure.error(view.expected, view.got)[0]
    if view.expected.size > 1 and (view.got != view.expected).mean() < SPREAD:
        return
    name = {"float64": "float32", "float32": "float16"}.get(view.expected.dtype.name)
    if name is None or not error < 32 * EPSILON[name]:
        return
    with np.errstate(all="ignore"):
        rounded = np.array_equal(view.got, view.got.astype(name).astype(view.got.dtype))
    if rounded and not np.array_equal(view.got, np.round(view.got)):
        yield Finding("rounded", f"was rounded to {name}: it has no more digits than that", discreet=True)
    else:
        digits = max(1, math.floor(-math.log10(max(error, 1e-300))))
        text = f"is right to {digits} digits only, about as many as {name} has"
        yield Finding("digits", text, discreet=f"is right to few digits only, about as many as {name} has")
