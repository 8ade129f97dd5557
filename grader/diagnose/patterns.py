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
    """The last one is always true and vague: how many entries are wrong. Of a hidden case only what may be told."""
    yield from filter(None, (finding.told(view.hidden) for finding in _all(view)))


def _all(view: View) -> Iterator[Finding]:
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
    text = f"is wrong in {share(count, size)}" if size > 1 else "is wrong"
    yield Finding("share", text, vague=True, discreet="is wrong")


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
        yield Finding(f"not finite {bool(nans)}", "is NaN" if nans else "is infinite", discreet=True)
        return
    # Of numbers alone: else these would be counts of what is expected, too.
    counted: bool | str = bool(np.isfinite(view.expected).all()) or "is not finite where it should be"
    what = [f"{word} in {count:,}" for word, count in (("NaN", nans), ("infinite", others)) if count]
    said = f"is {' and '.join(what)} of {bad.size:,} entries"
    key = f"not finite {bool(nans)} {bool(others)}"
    place = where(view, bad, own=True)
    if place is not None and (counted is True or not view.hidden):
        yield Finding(f"{key} {place.key}", f"{said}, {place.text}", discreet=True)
    elif bad.all():
        yield Finding(key, said, discreet=counted)
        return
    first = np.unravel_index(int(bad.argmax()), bad.shape)
    text = f"{said}, the first of them at {at(view.name, *(str(int(i)) for i in first))}"
    yield Finding(key, text, discreet=counted)


def _wrong(view: View, place: Finding) -> Finding:
    wrong = place.mask if view.hidden and place.mask is not None else view.wrong
    zero = " (it is 0 there)" if not view.got[wrong].any() and (view.hidden or view.expected[wrong].all()) else ""
    return Finding(place.key, f"is wrong {place.text}{zero}", discreet=True)


def _zeros(view: View) -> Iterator[Finding]:
    wrong = view.wrong
    count = int(wrong.sum())
    if 1 < count < wrong.size and not view.got[wrong].any():
        text = f"is 0 in {share(count, wrong.size)} where it should not be, and right elsewhere"
        some = "is 0 in some entries where it should not be, and right elsewhere"
        yield Finding("zeros", text, discreet=some if view.was_earned(~wrong) else False)
