"""An excerpt of a wrong output as three tables of colours: expected, got, and the error."""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from grader.report.html.svg import WIDTH, box, drawing, text
from grader.result import Excerpt, Rows

GAP = 26.0  # between two tables
TOP = 26.0
LEGEND = 44.0
SHADES = 5  # of a colour, on each side of zero
ERRORS = ((1.0, "tolerated"), (1e2, "to 100 x"), (1e4, "to 10,000 x"), (math.inf, "more"))  # of what is tolerated
LARGEST_CELL = 58.0
NUMBERED = 42.0  # width of a cell from which on it shows its number


def comparison(excerpt: Excerpt) -> Markup:
    """Expected and got in one scale of colours, the error in steps of what is tolerated."""
    rows, columns = len(excerpt.expected), len(excerpt.expected[0])
    side = (WIDTH - 2 * GAP) / 3
    width = min(side / columns, LARGEST_CELL)
    height = min(width, 28.0)
    largest = max((abs(x) for row in excerpt.expected for x in row if x is not None), default=0.0)
    largest = largest or max((abs(x) for row in excerpt.got for x in row if x is not None), default=0.0) or 1.0
    parts: list[Markup] = []
    for index, (name, table) in enumerate((("expected", excerpt.expected), ("got", excerpt.got))):
        left = index * (side + GAP)
        parts.append(text(left, TOP - 9, name, "head"))
        for row, column, value in _cells(table):
            shade = _shade(value, largest)
            parts += _cell(left + column * width, TOP + row * height, width, height, shade, value)
    left = 2 * (side + GAP)
    parts.append(text(left, TOP - 9, "error", "head"))
    for row, column, value in _cells(excerpt.errors):
        told = f"expected {_short(excerpt.expected[row][column])}, got {_short(excerpt.got[row][column])}"
        shade = f"error{_step(value, excerpt.limit)}"
        parts += _cell(left + column * width, TOP + row * height, width, height, shade, value, told)
    bottom = TOP + rows * height
    parts += _legend(bottom + 14, left, largest)
    wrong = sum(_step(value, excerpt.limit) > 0 for _, _, value in _cells(excerpt.errors))
    title = (
        f"{excerpt.place} in case {excerpt.case}, expected, got and error: {wrong} of {rows * columns} entries wrong"
    )
    return drawing(bottom + LEGEND, title, parts)


def _cells(table: Rows) -> Iterator[tuple[int, int, float | None]]:
    for row, values in enumerate(table):
        for column, value in enumerate(values):
            yield row, column, value


def _cell(
    x: float, y: float, width: float, height: float, shade: str, value: float | None, told: str | None = None
) -> Iterator[Markup]:
    yield box(x, y, width - 1, height - 1, f"cell {shade}", told)
    middle = x + (width - 1) / 2, y + height / 2 + 3.5
    if value is None:
        yield text(*middle, "\N{MULTIPLICATION SIGN}", f"number on-{shade}", "middle")
    elif width >= NUMBERED:
        yield text(*middle, _short(value), f"number on-{shade}", "middle")


def _short(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e")


def _shade(value: float | None, largest: float) -> str:
    """Zero is pale; blue is below it and orange above, darkest from the largest expected magnitude on."""
    if value is None:
        return "lost"
    step = min(math.ceil(SHADES * abs(value) / largest - 1e-9), SHADES)
    return f"shade{step if value > 0 else -step}" if step else "shade0"


def _step(error: float | None, limit: float) -> int:
    """Which of ERRORS."""
    if error is None:
        return len(ERRORS) - 1
    if error <= limit:
        return 0
    if limit <= 0:
        return len(ERRORS) - 1
    return next(step for step, (most, _) in enumerate(ERRORS) if error <= most * limit)


def _legend(y: float, left: float, largest: float) -> Iterator[Markup]:
    size = 12.0
    words = (f"-{largest:.3g}", "0", f"{largest:.3g}")
    for index, step in enumerate(range(-SHADES, SHADES + 1)):
        yield box(index * (size + 1), y, size, size, f"cell shade{step}")
    for word, place, anchor in zip(words, (0.0, 5.5, 11.0), ("start", "middle", "end"), strict=True):
        yield text(place * (size + 1), y + size + 12, word, "tick", anchor)
    yield text(12 * (size + 1) + 8, y + 10, "\N{MULTIPLICATION SIGN} is not finite (NaN, Inf)", "tick")
    for step, (_, word) in enumerate(ERRORS):
        x = left + (0.0, 80.0, 148.0, 234.0)[step]
        yield box(x, y, size, size, f"cell error{step}")
        yield text(x + size + 4, y + 10, word, "tick")
