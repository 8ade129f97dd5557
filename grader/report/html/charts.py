"""What is drawn of a student's record over all exercises: the error of every case, and the time beside the
reference's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from grader.report.html.svg import WIDTH, box, drawing, element, line, shortened, text
from grader.report.terminal import times
from grader.result import CaseResult, ExerciseResult, Speed, Verdict

LABELS = 270.0  # width of the column of names
RIGHT = 90.0  # of the column on the right
ROW = 24.0
TOP = 34.0
LEAST, MOST = -16.0, 1.0  # powers of ten between which an error has a place of its own
LETTERS = 36
SUPERSCRIPTS = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis: a power of ten has a place."""

    least: float
    most: float
    left: float = LABELS
    width: float = WIDTH - LABELS - RIGHT

    def at(self, power: float) -> float:
        """Its place, at an end of the axis where it lies beyond."""
        share = (min(max(power, self.least), self.most) - self.least) / (self.most - self.least)
        return self.left + share * self.width


def errors(exercises: Sequence[ExerciseResult], limits: dict[str, float]) -> Markup | None:
    """A row for each exercise, a dot for each of its cases: filled where it is public; where it is hidden, or had no
    number, in the column on the right: a circle where it is tolerated, else a cross. `limits`: the tolerated error of
    an exercise."""
    rows = [(one, list(_with_place(one.cases))) for one in exercises]
    rows = [(one, cases) for one, cases in rows if cases]
    if not rows:
        return None
    axis, bottom = Axis(LEAST - 1, MOST), TOP + ROW * len(rows)
    parts: list[Markup] = []
    for index, (one, cases) in enumerate(rows):
        middle = TOP + ROW * (index + 0.5)
        parts += _row(index, middle, one)
        limit = limits.get(one.id, 0.0)
        edge = axis.at(math.log10(limit)) if limit > 0 else axis.at(LEAST) - 0.5 * axis.width / (MOST - LEAST + 1)
        parts.append(box(edge, middle - ROW / 2, axis.left + axis.width - edge, ROW, "beyond"))
        parts.append(line(edge, middle - ROW / 2, edge, middle + ROW / 2, "limit"))
        for order, case in enumerate(cases):
            parts.append(_dot(case, axis, middle + (order % 3 - 1) * 4.5, (order // 3 % 5 - 2) * 9.0))
    ticks = [(axis.at(LEAST - 1), "exact")]
    ticks += [(axis.at(power), _power(power)) for power in (-15, -12, -9, -6, -3, 0)]
    parts += _ticks(ticks, bottom)
    parts.append(text(WIDTH - RIGHT / 2, TOP - 10, "no number", "tick", "middle"))
    right = sum(case.verdict is Verdict.RIGHT for _, cases in rows for case in cases)
    title = f"The error of each case, on a logarithmic scale: {right} of {sum(len(c) for _, c in rows)} are tolerated"
    return drawing(bottom + 8, title, parts)


def _with_place(cases: Iterable[CaseResult]) -> Iterator[CaseResult]:
    """Cases that have an error, or whose lack of one says something: a timed case has none, and of a hidden one it is
    told no more than whether it is tolerated."""
    for case in cases:
        is_hidden = case.hidden and case.verdict is Verdict.RIGHT
        if case.error is not None or is_hidden or case.verdict not in (Verdict.RIGHT, Verdict.TOO_SLOW):
            yield case


def _dot(case: CaseResult, axis: Axis, y: float, aside: float) -> Markup:
    """`aside`: how far from the middle of the column of those that have no number."""
    kind = "hidden" if case.hidden else "public"
    good = "good" if case.verdict is Verdict.RIGHT else "bad"
    told = f"{case.name}, {kind}: {case.verdict.words}"
    if case.error is None and case.verdict is Verdict.RIGHT:
        return element(
            "circle", element("title", told), cx=WIDTH - RIGHT / 2 + aside, cy=y, r=4.0, class_="dot hidden good"
        )
    if case.error is None:
        path = f"M{WIDTH - RIGHT / 2 + aside - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8"
        return element("path", element("title", told), d=path, class_="cross")
    x = axis.at(math.log10(case.error) if case.error > 0 else LEAST - 1)
    told = f"{told}, error {case.error:.1e}"
    return element("circle", element("title", told), cx=x, cy=y, r=4.0, class_=f"dot {kind} {good}")


def timing(exercises: Sequence[ExerciseResult]) -> Markup | None:
    """A bar for each timed exercise, from the reference's time to the submission's, with the limit."""
    rows = [(one, one.speed) for one in exercises if one.speed is not None]
    if not rows:
        return None
    powers = [math.log10(max(value, 1e-3)) for _, speed in rows for value in (speed.ratio, speed.limit)]
    axis = Axis(min(math.floor(min(powers) * 2) / 2, -0.5), max(math.ceil(max(powers) * 2) / 2, 1.0))
    bottom = TOP + ROW * len(rows)
    parts: list[Markup] = []
    for index, (one, speed) in enumerate(rows):
        middle = TOP + ROW * (index + 0.5)
        parts += _row(index, middle, one)
        parts += _bar(speed, axis, middle)
    parts.append(line(axis.at(0), TOP - 4, axis.at(0), bottom, "reference"))
    powers_shown = [power for power in range(-3, 7) if axis.least <= power <= axis.most]
    parts += _ticks([(axis.at(p), "the reference" if p == 0 else f"{10.0**p:g} times") for p in powers_shown], bottom)
    slow = sum(speed.ratio > speed.limit for _, speed in rows)
    title = f"Time beside the reference's, on a logarithmic scale: {slow} of {len(rows)} are beyond their limit"
    return drawing(bottom + 8, title, parts)


def _bar(speed: Speed, axis: Axis, middle: float) -> Iterator[Markup]:
    ratio, start = axis.at(_log(speed.ratio)), axis.at(0)
    limit = axis.at(_log(speed.limit))
    told = f"{times(speed.ratio)} the reference's time, limit {speed.limit:g} times"
    kind = "bad" if speed.ratio > speed.limit else "good"
    yield box(min(start, ratio), middle - 6, max(abs(ratio - start), 2), 12, f"bar {kind}", told)
    low, high = (axis.at(_log(value)) for value in speed.interval)
    if speed.pairs:
        yield line(low, middle, high, middle, "whisker")
    yield line(limit, middle - 11, limit, middle + 11, "mark")
    at_least = "" if speed.pairs else "\N{GREATER-THAN OR EQUAL TO} "
    yield text(WIDTH - 6, middle + 4, f"{at_least}{times(speed.ratio)}", "value", "end")


def _log(ratio: float) -> float:
    return math.log10(max(ratio, 1e-3))


def _row(index: int, middle: float, one: ExerciseResult) -> Iterator[Markup]:
    """A stripe, and the name of the exercise as a link to what is said of it."""
    if index % 2 == 0:
        yield box(0, middle - ROW / 2, WIDTH, ROW, "stripe")
    name = text(LABELS - 10, middle + 4, shortened(one.id.partition(".")[2], LETTERS), "name", "end")
    yield element("a", name, href=f"#{one.id}")


def _ticks(ticks: Iterable[tuple[float, str]], bottom: float) -> Iterator[Markup]:
    for x, words in ticks:
        yield line(x, TOP, x, bottom, "grid")
        yield text(x, TOP - 10, words, "tick", "middle")


def _power(power: int) -> str:
    if power == 0:
        return "1"
    return f"10\N{SUPERSCRIPT MINUS}{str(abs(power)).translate(SUPERSCRIPTS)}"
