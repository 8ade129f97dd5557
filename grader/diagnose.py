"""What a wrong answer looks like: the misconception that gives the same, or else the shape of the error.

A sentence about a hidden case never holds an input or an expected value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader import wire
from grader.compare import Agreement, Comparison, Difference, Mismatch, as_array, dtype_name
from grader.interview import Response
from grader.oracle import Oracle
from grader.peer import printable
from grader.question import Question
from grader.spec import Checks, Exercise, Version

SAME = 10.0  # an answer within so many tolerances of a misconception's is that misconception's


@dataclass(frozen=True)
class Description:
    """One sentence, and lines on where and by how much."""

    sentence: str
    details: tuple[str, ...] = ()


def hints(
    checks: Checks,
    oracle: Oracle,
    wrong: Sequence[tuple[Question, Response, Agreement]],
    edition: tuple[Version, ...],
) -> tuple[str, ...]:
    """The sentences of the misconceptions whose answers are the wrong ones, on every case that is wrong.

    Misconceptions of the exercise itself come first; those of what it needs are tried when none of its own fits.
    Raises OracleFault."""
    if not wrong:
        return ()
    exercise = wrong[0][0].exercise
    for candidates in _candidates(checks, exercise):
        found = [m.sentence for m in candidates if all(_explains(oracle, m, edition, *one) for one in wrong)]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _candidates(checks: Checks, exercise: Exercise) -> list[list[Version]]:
    """The exercise's own misconceptions, then those of its prerequisites, directly and indirectly."""
    todo, seen, others = [*exercise.needs], set[str](), list[Version]()
    while todo:
        need = todo.pop(0)
        if need not in seen:
            seen.add(need)
            others.extend(checks[need].misconceptions)
            todo.extend(checks[need].needs)
    return [exercise.misconceptions, others]


def _explains(
    oracle: Oracle,
    misconception: Version,
    edition: tuple[Version, ...],
    question: Question,
    response: Response,
    agreement: Agreement,
) -> bool:
    """Whether the misconception gives this wrong answer, and not the right one."""
    assert response.answer is not None
    theirs = oracle.answer(question, *edition, misconception)
    if isinstance(theirs, wire.Failure):
        return False
    right = oracle.answer(question, *edition)
    assert not isinstance(right, wire.Failure)
    exercise = question.exercise
    exact = Comparison(exercise.tolerance, exercise.any_dtype, question.scale)
    loose = replace(exact, tolerance=SAME * exact.limit(exercise.dtype))
    told, got, true = ({k: v for k, v in a.items() if exercise.compares(k)} for a in (theirs, response.answer, right))
    if not loose(told, got).ok:
        return False
    if agreement.ok:  # what is compared is right: a property is what failed
        version = edition[0] if edition else None
        failed = oracle.failed_claims(question, response.answer, version)
        return bool(failed) and failed == oracle.failed_claims(question, theirs, version)
    return not exact(true, told).ok


def describe(agreement: Agreement, question: Question) -> Description:
    """The first difference in words. Values are shown for public cases only."""
    difference = agreement.differences[0]
    sentence = _sentence(difference)
    details = [f"case {question.case.name}" + (" (hidden)" if question.case.hidden else "")]
    details += _where(difference, show=not question.case.hidden)
    others = [_shown(d.path) for d in agreement.differences[1:4]]
    if others:
        details.append(f"{', '.join(f'`{path}`' for path in others)} differ too")
    return Description(sentence, tuple(details))


def _sentence(d: Difference) -> str:
    name = f"`{_shown(d.path)}`"
    if d.kind is Mismatch.MISSING:
        return f"{name} is missing from what it returns"
    if d.kind is Mismatch.EXTRA:
        return f"{name} is not asked for"
    if d.kind is Mismatch.NONE:
        return f"{name} is None"
    if d.kind is Mismatch.KIND:
        return f"{name} is {_kind(d.got)}, not {_kind(d.expected)}"
    if d.kind is Mismatch.DTYPE:
        return f"{name} is {dtype_name(d.got)}, not {dtype_name(d.expected)}"
    if d.kind is Mismatch.SHAPE:
        return _shape(d, name)
    e, g = as_array(d.expected), as_array(d.got)
    if e is None or g is None:
        return f"{name} is not what is expected"
    if d.kind is Mismatch.NOT_FINITE:
        bad = "NaN" if np.isnan(g).any() else "infinite"
        return f"{name} is {bad} in {int((~np.isfinite(g)).sum()):,} of {g.size:,} entries"
    return _pattern(e, g, name, d.tolerance)


def _shown(text: str) -> str:
    """What a submission may have written, such as an output's name, fit for a sentence."""
    return printable(text[:80]).replace("\n", " ")


def _kind(value: Any) -> str:
    if isinstance(value, wire.Tensor):
        return f"a tensor of shape {value.shape}" if value.kind == "torch" else "a NumPy array"
    if isinstance(value, wire.Opaque):
        return f"an object of type {_shown(value.type)}"
    words = {str: "text", dict: "a dict", list: "a list", tuple: "a tuple", type(None): "None", bool: "a bool"}
    return words.get(type(value), "a number")


def _shape(d: Difference, name: str) -> str:
    if isinstance(d.expected, list | tuple):
        return f"{name} has {len(d.got)} items, not {len(d.expected)}"
    e, g = as_array(d.expected), as_array(d.got)
    assert e is not None and g is not None
    sentence = f"{name} has the shape {g.shape}, not {e.shape}"
    limit = max(d.tolerance, 1e-6)
    if g.ndim == e.ndim == 2 and g.T.shape == e.shape and _close(e, g.T, limit):
        return f"{sentence}: it is the transpose of the right answer"
    if g.size == e.size and _close(e.reshape(-1), g.reshape(-1), limit):
        return f"{sentence}, though its values are right in that order"
    return sentence


def _pattern(e: NDArray[Any], g: NDArray[Any], name: str, tolerance: float) -> str:
    """The shape of the error, where it has one."""
    limit = max(tolerance, 1e-9)
    if not g.any() and e.any():
        return f"{name} is zero everywhere"
    if e.dtype.kind == "f" and g.dtype.kind == "f" and np.isfinite(e).all():
        factor = _factor(e, g, limit)
        if factor is not None:
            return f"{name} is {factor}"
        offset = float(np.mean(g - e))
        if e.size > 1 and _close(e + offset, g, limit):
            return f"{name} is off by the same number everywhere"
        if e.ndim == 2 and e.shape[0] == e.shape[1] and _close(e.T, g, limit):
            return f"{name} is transposed"
    wrong = np.asarray(~_agree(e, g, limit))
    share = f"{int(wrong.sum()):,} of {wrong.size:,} entries"
    if wrong.ndim > 1 and len(wrong) > 2 and sum(bool(row.any()) for row in wrong) == 1:
        return f"{name} is wrong in one row only, {share}"
    return f"{name} is wrong in {share}" if wrong.size > 1 else f"{name} is wrong"


def _factor(e: NDArray[Any], g: NDArray[Any], limit: float) -> str | None:
    at = np.unravel_index(int(np.abs(e).argmax()), e.shape)
    if e[at] == 0 or e.size == 0:
        return None
    k = float(g[at] / e[at])
    if not np.isfinite(k) or k == 0 or not _close(k * e, g, limit):
        return None
    if abs(k + 1) < 1e-6:
        return "the negative of the right answer"
    sign = "minus " if k < 0 else ""
    k = abs(k)
    for number, word in ((2.0, "twice"), (0.5, "half")):
        if abs(k - number) < 1e-6:
            return f"{sign}exactly {word} the right answer"
    if abs(k - round(k)) < 1e-6 * k and k >= 2:
        return f"{sign}{round(k)} times the right answer"
    if abs(1 / k - round(1 / k)) < 1e-6 / k and k < 1:
        return f"{sign}the right answer divided by {round(1 / k)}"
    return f"{sign}{k:.4g} times the right answer"


def _agree(e: NDArray[Any], g: NDArray[Any], limit: float) -> NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        scale = float(np.abs(np.where(np.isfinite(e.astype(float)), e, 0)).max()) if e.size else 1.0
        agree: NDArray[np.bool_] = (e == g) | (np.abs(g.astype(float) - e.astype(float)) <= limit * (scale or 1.0))
    return agree


def _close(e: NDArray[Any], g: NDArray[Any], limit: float) -> bool:
    return e.shape == g.shape and bool(_agree(e, g, limit).all())


def _where(d: Difference, show: bool) -> list[str]:
    """The worst entry; its values for public cases only."""
    e, g = as_array(d.expected), as_array(d.got)
    if d.kind not in (Mismatch.VALUES, Mismatch.NOT_FINITE) or e is None or g is None or not e.size:
        return [f"expected {_short(d.expected)}, got {_short(d.got)}"] if show and e is None else []
    lines = []
    if np.isfinite(d.error):
        lines.append(f"largest error {d.error:.1e} of the scale, {d.tolerance:.0e} allowed")
    if show:
        with np.errstate(all="ignore"):
            distance = np.abs(g.astype(float) - e.astype(float))
        at = np.unravel_index(int(np.where(np.isnan(distance), np.inf, distance).argmax()), e.shape)
        place = f"{d.path}[{', '.join(str(int(i)) for i in at)}]" if at else d.path
        lines.append(f"{place}: expected {e[at]:.6g}, got {g[at]:.6g}")
    return lines


def _short(value: Any) -> str:
    return _shown(str(value.text if isinstance(value, wire.Opaque) else value))
