"""An answer that is the right one times a number, and what the number may stand for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.diagnose.view import Finding, View
from grader.diagnose.words import size_of

LARGEST = 1000  # whole numbers up to which a factor may be one
DENOMINATOR = 12  # the largest one of a fraction
NAMED = (3, 4, 10, 100, 255, 1000)  # whole numbers that stand for a mistake by themselves: percents, bytes
MULTIPLE = "is a multiple of the right answer, by the same factor everywhere"
STRICT = 1e-4  # tolerances up to which "exactly" may be said


@dataclass(frozen=True)
class Factor:
    """A number that an answer may be too large by, and what to say when it is."""

    key: str
    value: float
    text: str
    named: bool = True  # the number stands for a mistake, and may be told of a hidden case


def factors(view: View) -> Iterator[Finding]:
    """What the answer is a multiple by, likeliest first."""
    k = _quotient(view)
    if k is None:
        return
    exactly = "exactly " if view.measure.limit <= STRICT else ""
    plain = (
        Factor("-1", -1.0, "is the negative of the right answer"),
        Factor("2", 2.0, f"is {exactly}twice the right answer"),
        Factor("1/2", 0.5, f"is {exactly}half the right answer"),
    )
    # One number that is compared loosely is a multiple by almost any of the others.
    others = (*_sizes(view), *_powers(view), *_whole(k), *_fractions(k)) if view.telling or view.strict else ()
    for factor in (*plain, *others):
        for sign in (1.0, -1.0):
            value = sign * factor.value
            if value != 1 and math.isclose(k, value, rel_tol=1e-3) and view.fits(view.got / value):
                minus = ", and its sign is wrong" if sign < 0 else ""
                text = f"{factor.text}{minus}"
                yield Finding(f"factor {sign:g} {factor.key}", text, discreet=factor.named)
    if view.telling:
        times = f"is {k:.4g} times the right answer"
        near = f"is too {'large' if k > 1 else 'small'} by a share of {abs(k - 1):.1e} everywhere"
        yield Finding("factor", near if abs(k - 1) < 1e-2 else times, discreet=MULTIPLE)


def _quotient(view: View) -> float | None:
    """Got / expected, where that is the same number for all entries and means something."""
    if not view.floats or not (view.telling or view.precise):
        return None
    e, g = view.expected, view.got
    at = np.unravel_index(int(np.abs(e).argmax()), e.shape)
    if e[at] == 0 or g[at] == 0:
        return None
    k = float(g[at]) / float(e[at])
    if not math.isfinite(k) or not 1e-12 < abs(k) < 1e12 or math.isclose(k, 1.0, rel_tol=1e-9):
        return None
    with np.errstate(all="ignore"):
        return k if view.fits(g / k) else None


def _sizes(view: View) -> Iterator[Factor]:
    """The sizes of the inputs, and what is made of them: N, 1 / N, the root of N, N / (N - 1), N * N, H * W."""
    for name, array in {**view.arrays, view.name: view.expected}.items():
        named = [(size, size_of(name, axis, array.ndim)) for axis, size in enumerate(array.shape)]
        if array.ndim > 1:
            named.append((math.prod(array.shape), f"the number of entries of `{name}`"))
        if array.ndim > 2:
            named.append((math.prod(array.shape[1:]), f"the number of entries of each `{name}[i]`"))
            named.append((math.prod(array.shape[-2:]), f"the product of the last two sizes of `{name}`"))
        for place, (size, what) in enumerate(named):
            if size > 1:
                yield from _of_size(size, f"{name} {place}", f"and {size:,} is {what}")


def _of_size(n: int, key: str, what: str) -> Iterator[Factor]:
    yield Factor(f"{key} n", n, f"is {n:,} times the right answer, {what}")
    yield Factor(f"{key} 1/n", 1 / n, f"is the right answer divided by {n:,}, {what}")
    yield Factor(f"{key} root", math.sqrt(n), f"is the right answer times the root of {n:,}, {what}")
    yield Factor(f"{key} 1/root", 1 / math.sqrt(n), f"is the right answer divided by the root of {n:,}, {what}")
    less = n - 1  # where N was meant, or the other way round
    yield Factor(f"{key} n/less", n / less, f"is {n:,}/{less:,} of the right answer, {what}")
    yield Factor(f"{key} less/n", less / n, f"is {less:,}/{n:,} of the right answer, {what}")
    root = math.sqrt(n / less)
    yield Factor(f"{key} root n/less", root, f"is the right answer times the root of {n:,}/{less:,}, {what}")
    yield Factor(f"{key} root less/n", 1 / root, f"is the right answer times the root of {less:,}/{n:,}, {what}")
    yield Factor(f"{key} n*n", n * n, f"is {n:,} times {n:,} times the right answer, {what}")
    yield Factor(f"{key} 1/(n*n)", 1 / (n * n), f"is the right answer divided by {n:,} twice, {what}")


def _powers(view: View) -> Iterator[Factor]:
    """The numbers among the inputs, and what is made of them. They are named, their values are not."""
    for name, v in view.numbers.items():
        if v <= 0 or v == 1:
            continue
        made = {f"`{name}`": v, f"the root of `{name}`": math.sqrt(v), f"`{name}` squared": v * v}
        if v < 1:
            made |= {f"(1 - `{name}`)": 1 - v, f"the root of (1 - `{name}`)": math.sqrt(1 - v)}
        for text, value in made.items():
            yield Factor(f"times {text}", value, f"is the right answer times {text}")
            yield Factor(f"by {text}", 1 / value, f"is the right answer divided by {text}")
        if v < 1 and v != 0.5:
            yield Factor(f"odds {name}", v / (1 - v), f"is the right answer times `{name}` / (1 - `{name}`)")
            yield Factor(f"1/odds {name}", (1 - v) / v, f"is the right answer times (1 - `{name}`) / `{name}`")
        yield Factor(f"2 {name}", 2 * v, f"is the right answer times 2 `{name}`")
        yield Factor(f"1/2 {name}", v / 2, f"is the right answer times `{name}` / 2")


def _whole(k: float) -> Iterator[Factor]:
    n = round(abs(k))
    if 3 <= n <= LARGEST:
        yield Factor(f"{n}", n, f"is {n:,} times the right answer", n in NAMED)
    n = round(1 / abs(k))
    if 3 <= n <= LARGEST:
        yield Factor(f"1/{n}", 1 / n, f"is the right answer divided by {n:,}", n in NAMED)


def _fractions(k: float) -> Iterator[Factor]:
    near = Fraction(abs(k)).limit_denominator(DENOMINATOR)
    if near.denominator > 1 and 1 < near.numerator <= DENOMINATOR:
        yield Factor(str(near), float(near), f"is {near} of the right answer", False)
