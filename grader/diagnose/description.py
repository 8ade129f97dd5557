"""A wrong answer in words: one sentence, then where and by how much.

A sentence about a hidden case holds no number that depends on an input or on what is expected: shapes, names, and of
places and factors those that anybody knows (grader.diagnose.view.Finding).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from grader.agreement import comparison_of
from grader.compare import HALF, Agreement, Difference, Mismatch, as_array, distances, dtype_name
from grader.diagnose.outcome import Wrong
from grader.diagnose.patterns import findings
from grader.diagnose.shapes import remedy
from grader.diagnose.view import Finding, path_of, view
from grader.diagnose.words import at, dtype_of, kind_of, listed, shape_of, share, two_numbers
from grader.question import Question
from grader.wire import Opaque, Tensor

OUTPUTS = 4  # differing outputs that are described
FINDINGS = 12  # about one output that are looked for in other cases
CASES = 6  # other cases in which they are looked for
SHORT = 80  # characters of a value that is no number
RIGHT = 6  # outputs that are named because they are right


@dataclass(frozen=True)
class Description:
    """One sentence, and lines on where and by how much."""

    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What is said about one output, and in how many of the failed cases that were looked at it holds."""

    difference: Difference
    finding: Finding
    held: int = 1
    cases: int = 1


def describe(agreement: Agreement, question: Question, wrong: Sequence[Wrong] = ()) -> Description:
    """What is wrong in a case: of all that can be said, what holds in every case that is `wrong`, where there is such.

    Values are shown for public cases only."""
    others = [one for one in wrong if one[0] is not question]
    chosen = _one_of_each(agreement, question)
    told = [_tell(difference, agreement, question, others) for difference in chosen[:OUTPUTS]]
    first = min(told, key=lambda one: (one.finding.vague, told.index(one)))
    sentence, *more = dict.fromkeys(f"`{path_of(o.difference, question)}` {o.finding.text}" for o in (first, *told))
    details = [_case(question, first), *_where(first.difference, question), *more]
    if len(chosen) > OUTPUTS:
        details.append("others differ, too" if question.case.hidden else f"{len(chosen) - OUTPUTS:,} more differ")
    details += _right(agreement, question, wrong)
    return Description(sentence, tuple(details))


def _one_of_each(agreement: Agreement, question: Question) -> list[Difference]:
    """The differences, one of each output first; in a hidden case one of each name."""
    firsts: dict[str, Difference] = {}
    for difference in agreement.differences:
        firsts.setdefault(_output(difference), difference)
    ids = {id(one) for one in firsts.values()}
    ordered = [*firsts.values(), *(one for one in agreement.differences if id(one) not in ids)]
    if not question.case.hidden:
        return ordered
    return list({path_of(one, question): one for one in reversed(ordered)}.values())[::-1]


def _output(difference: Difference) -> str:
    return difference.path.partition("[")[0]


def _tell(d: Difference, agreement: Agreement, question: Question, others: Sequence[Wrong]) -> Told:
    """The likeliest finding that holds in all failed cases; else the likeliest in this one."""
    here = list(islice(_findings(d, agreement, question), FINDINGS))
    there: list[set[str]] = []
    for case, _, compared in others[:CASES]:
        same = [] if compared is None else [o for o in compared.differences if _output(o) == _output(d)]
        same.sort(key=lambda o: o.path != d.path)
        there.append({f.key for o in same[:1] for f in islice(_findings(o, compared, case), FINDINGS)})  # type: ignore[arg-type]
    held = [sum(one.key in keys for keys in there) for one in here]
    best = min(range(len(here)), key=lambda i: (here[i].vague, held[i] < len(there), i))
    return Told(d, here[best], 1 + held[best], 1 + len(there))


def _findings(d: Difference, agreement: Agreement, question: Question) -> Iterator[Finding]:
    """What can be said about a difference, likeliest first."""
    seen = view(d, question)
    if d.kind in (Mismatch.VALUES, Mismatch.NOT_FINITE) and seen is not None:
        yield from findings(seen)
    else:
        yield Finding(str(d.kind), _otherwise(d, agreement, question))


def _otherwise(d: Difference, agreement: Agreement, question: Question) -> str:
    """What is wrong with an output that is no array of the right shape and dtype."""
    if d.kind is Mismatch.MISSING:
        return f"is missing from what it returns{_instead(d, agreement, question)}"
    if d.kind is Mismatch.EXTRA:
        return "is not asked for"
    if d.kind is Mismatch.NONE:
        return "is None"
    if d.kind is Mismatch.DTYPE:
        return f"is {dtype_of(d.got)}, not {dtype_of(d.expected)}{_values_of_another_dtype(d, question)}"
    if d.kind is Mismatch.SHAPE:
        return _shape(d, question)
    wanted, came = kind_of(d.expected), kind_of(d.got)
    if question.case.hidden and isinstance(d.got, Opaque) and came != wanted:
        came = "an object"  # its type has a name of the submission's own
    return f"is {came}, not {wanted}" if wanted != came else f"is {came}, but not the right one"


def _shape(d: Difference, question: Question) -> str:
    e, g = as_array(d.expected), as_array(d.got)
    if isinstance(d.expected, list | tuple):
        said = f"has {len(d.got):,} {'item' if len(d.got) == 1 else 'items'}, not {len(d.expected):,}"
    else:
        assert e is not None and g is not None
        said = f"has the shape {shape_of(d.got, g.shape)}, not {shape_of(d.expected, e.shape)}"
    if e is None or g is None:
        return said
    measure = comparison_of(question).measure(dtype_name(d.expected), dtype_name(d.got))
    fitting = remedy(path_of(d, question), e, g, measure, question.case.hidden)
    return f"{said}: {fitting}" if fitting else said


def _instead(d: Difference, agreement: Agreement, question: Question) -> str:
    """A key beside the missing one that may have been meant for it."""
    if question.case.hidden:
        return ""  # a key is a text of the submission's own
    beside = d.path.rpartition("[")[0]
    extras = {
        path_of(one, question): one
        for one in agreement.differences
        if one.kind is Mismatch.EXTRA and one.path.rpartition("[")[0] == beside
    }
    close = difflib.get_close_matches(path_of(d, question), list(extras), n=1, cutoff=0.5)
    return f", which has `{close[0]}` instead" if close else ""


def _values_of_another_dtype(d: Difference, question: Question) -> str:
    if question.case.hidden and dtype_name(d.got) in HALF:
        return ""  # so loosely a number can be guessed
    return "; its values are right" if d.error <= d.tolerance else ", and its values are wrong too"


# -- where and by how much ---------------------------------------------------------------------------------------------


def _case(question: Question, told: Told) -> str:
    said = f"case {question.case.name}{' (hidden)' if question.case.hidden else ''}"
    if told.cases == 1 or told.held == 1 or told.finding.vague:
        return said
    every = "all" if told.held == told.cases else f"{told.held} of the"
    return f"{said}; the same in {every} {told.cases} cases that fail"


def _where(d: Difference, question: Question) -> list[str]:
    """How many entries, how far off, and the worst one; in hidden cases how far off it may be."""
    seen = view(d, question)
    if question.case.hidden:
        is_measured = seen is not None and d.kind is Mismatch.VALUES and d.tolerance > 0
        return [f"a relative error of {d.tolerance:.0e} is allowed"] if is_measured else []
    if seen is None or not seen.expected.size or d.kind is Mismatch.DTYPE:
        arrays = as_array(d.expected) is not None and as_array(d.got) is not None
        if arrays or d.kind in (Mismatch.MISSING, Mismatch.EXTRA, Mismatch.NONE, Mismatch.SHAPE):
            return []
        return [f"expected {_short(d.expected)}, got {_short(d.got)}"]
    lines = []
    how_many = f"{share(int(seen.wrong.sum()), seen.wrong.size)} {'differs' if seen.wrong.sum() == 1 else 'differ'}"
    if np.isfinite(d.error) and d.tolerance > 0:
        how_far = f"the largest relative error is {d.error:.1e}, {d.tolerance:.0e} allowed"
        lines.append(f"{how_many}; {how_far}" if seen.wrong.size > 1 else how_far)
    elif seen.wrong.size > 1:
        lines.append(how_many)
    away = np.where(seen.wrong, distances(seen.expected, seen.got), -1.0)
    worst = np.unravel_index(int(away.argmax()), away.shape)
    place = at(seen.name, *(str(int(i)) for i in worst))
    wanted, came = two_numbers(seen.expected[worst].item(), seen.got[worst].item())
    return [*lines, f"{place.strip('`')}: expected {wanted}, got {came}"]


def _right(agreement: Agreement, question: Question, wrong: Sequence[Wrong]) -> list[str]:
    """The outputs that are right, by name."""
    differing = {_output(one) for one in agreement.differences}
    for case, response, _ in wrong:
        if case is question and response.answer is not None:
            names = [n for n in response.answer if n not in differing and question.exercise.compares(n)]
            if 0 < len(names) <= RIGHT:
                return [f"{listed(names)} {'is' if len(names) == 1 else 'are'} right"]
    return []


def _short(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{value.array.item():g}" if value.array.size == 1 and value.array.dtype.kind != "c" else kind_of(value)
    if isinstance(value, list | tuple | dict) and any(
        map(_is_no_text, value.values() if isinstance(value, dict) else value)
    ):
        return f"{kind_of(value)} of {len(value):,}"
    if isinstance(value, str):
        return repr(value[:SHORT])  # quoted: '3' is no 3
    return str(value.text if isinstance(value, Opaque) else value)[:SHORT]


def _is_no_text(value: Any) -> bool:
    """Whether a part of a value has no short text of its own: a tensor, an object, containers of them."""
    return isinstance(value, Tensor | Opaque | np.ndarray | list | tuple | dict)


__all__ = ["Description", "describe"]
