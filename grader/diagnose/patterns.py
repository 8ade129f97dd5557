"""What an answer of the right shape has the matter with it: every finding that is true, the most telling one first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grader.diagnose.factors import factors
from grader.diagnose.orders import orders
from grader.diagnose.places import where
from grader.diagnose.view import Finding, View
from grader.diagnose.wholes import functions, of_each_row, offsets, one_off, precision, simple
from grader.diagnose.words import at, share


def findings(view: View) -> Iterator[Finding]:
    """The last one is always true and vague: how many entries are wrong."""
    if _not_finite(view).any():
        yield from _without_numbers(view)
    elif view.nothing and view.expected.size > 1:
        yield Finding("not zero", "is not 0, though the right answer is 0 everywhere")
    else:
        yield from simple(view)
        yield from one_off(view)
        yield from factors(view)
        if not view.large:
            yield from orders(view)
            yield from functions(view)
        yield from offsets(view)
        yield from precision(view)
        place = where(view, view.wrong)
        if place is not None and place.key.startswith("place box"):
            yield _wrong(view, place)
        yield from of_each_row(view)
        if place is not None:
            yield _wrong(view, place)
        yield from _zeros(view)
    count, size = int(view.wrong.sum()), view.wrong.size
    yield Finding("share", f"is wrong in {share(count, size)}" if size > 1 else "is wrong", vague=True)


def _not_finite(view: View) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where a number is expected and none came."""
    if view.expected.dtype.kind not in "fciub" or view.got.dtype.kind not in "fc":
        return np.zeros(view.expected.shape, np.bool_)
    return np.asarray(np.isfinite(view.expected) & ~np.isfinite(view.got))


def _without_numbers(view: View) -> Iterator[Finding]:
    bad = _not_finite(view)
    nans = int((bad & np.isnan(view.got)).sum())
    others = int(bad.sum()) - nans
    if bad.size == 1:
        yield Finding(f"not finite {bool(nans)}", "is NaN" if nans else "is infinite")
        return
    what = [f"{word} in {count:,}" for word, count in (("NaN", nans), ("infinite", others)) if count]
    said = f"is {' and '.join(what)} of {bad.size:,} entries"
    key = f"not finite {bool(nans)} {bool(others)}"
    place = where(view, bad)
    if place is not None:
        yield Finding(f"{key} {place.key}", f"{said}, {place.text}")
    elif bad.all():
        yield Finding(key, said)
        return
    first = np.unravel_index(int(bad.argmax()), bad.shape)
    yield Finding(key, f"{said}, the first of them at {at(view.name, *(str(int(i)) for i in first))}")


def _wrong(view: View, place: Finding) -> Finding:
    wrong = view.wrong
    zero = " (it is 0 there)" if not view.got[wrong].any() and view.expected[wrong].all() else ""
    return Finding(place.key, f"is wrong {place.text}{zero}")


def _zeros(view: View) -> Iterator[Finding]:
    wrong = view.wrong
    count = int(wrong.sum())
    if 1 < count < wrong.size and not view.got[wrong].any():
        yield Finding("zeros", f"is 0 in {share(count, wrong.size)} where it should not be, and right elsewhere")
