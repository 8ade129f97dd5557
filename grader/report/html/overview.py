"""What is drawn of a class: its scores, the verdicts on each exercise, and those on one student in a strip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from markupsafe import Markup

from grader.report.html.svg import WIDTH, box, drawing, element, line, shortened, text
from grader.result import ExerciseResult, Verdict

BINS = 20
HEIGHT = 200.0  # of the scores
FOOT = 40.0
LEFT = 40.0
LABELS = 300.0
ROW = 24.0
LETTERS = 42
# Best first: so that the bars of all exercises begin alike.
ORDER = (
    Verdict.RIGHT,
    Verdict.EDGE,
    Verdict.TOO_SLOW,
    Verdict.BROKE_RULE,
    Verdict.WRONG,
    Verdict.BLOCKED,
    Verdict.CRASHED,
    Verdict.TIMED_OUT,
    Verdict.OUT_OF_MEMORY,
    Verdict.ENVIRONMENT,
    Verdict.NOT_ATTEMPTED,
    Verdict.NEEDS_CUDA,
    Verdict.GRADER_FAULT,
)


def distribution(shares: Sequence[float]) -> Markup:
    """How many students have how many percent of the points."""
    counts = Counter(min(int(share * BINS), BINS - 1) for share in shares)
    most = max(counts.values())
    step = (WIDTH - LEFT) / BINS
    floor = HEIGHT + 20
    parts: list[Markup] = []
    for level in _levels(most):
        y = floor - HEIGHT * level / most
        parts += [line(LEFT, y, WIDTH, y, "grid"), text(LEFT - 8, y + 4, str(level), "tick", "end")]
    for index in range(BINS):
        count = counts[index]
        height = HEIGHT * count / most
        low, high = 100 * index // BINS, 100 * (index + 1) // BINS
        to = f"{high} %" if index == BINS - 1 else f"less than {high} %"
        told = f"{low} % to {to}: {count} {'student' if count == 1 else 'students'}"
        if count:
            parts.append(box(LEFT + index * step + 1, floor - height, step - 2, height, "bar column", told))
    for percent in range(0, 101, 10):
        parts.append(text(LEFT + (WIDTH - LEFT) * percent / 100, floor + 18, str(percent), "tick", _anchor(percent)))
    parts.append(text(WIDTH, floor + 34, "percent of the points", "tick", "end"))
    title = f"Scores of {len(shares)} students, in bins of {100 // BINS} percent: at most {most} in one bin"
    return drawing(floor + FOOT, title, parts)


def success(verdicts: Mapping[str, Mapping[Verdict, int]]) -> Markup:
    """A bar for each exercise, parted by verdicts."""
    asked = [(name, counts) for name, counts in verdicts.items() if sum(counts.values())]
    width = WIDTH - LABELS - 60
    parts: list[Markup] = []
    for index, (name, counts) in enumerate(asked):
        middle, total = ROW * (index + 0.5), sum(counts.values())
        parts.append(text(LABELS - 10, middle + 4, shortened(name, LETTERS), "label", "end"))
        x = LABELS
        for verdict, count in _parts(counts):
            part = width * count / total
            told = f"{name}: {verdict.words}, {count} of {total}"
            parts.append(box(x, middle - 8, part, 16, f"v-{verdict.value}", told))
            x += part
        parts.append(text(WIDTH, middle + 4, f"{100 * counts.get(Verdict.RIGHT, 0) / total:.0f} %", "value", "end"))
    title = f"Verdicts on each of {len(asked)} exercises; the percentage is of those who have it right"
    return drawing(ROW * len(asked) + 4, title, parts)


def strip(exercises: Sequence[ExerciseResult]) -> Markup:
    """One student's exercises as a row of colours, in the order of the assignment."""
    runs: list[tuple[Verdict, int]] = []
    for one in exercises:
        if runs and runs[-1][0] is one.verdict:
            runs[-1] = one.verdict, runs[-1][1] + 1
        else:
            runs.append((one.verdict, 1))
    parts, x = [], 0
    for verdict, length in runs:
        parts.append(box(x, 0, length - 0.12, 4, f"v-{verdict.value}"))
        x += length
    counts = Counter(one.verdict for one in exercises)
    told = ", ".join(f"{count} {verdict.words}" for verdict, count in _parts(counts))
    return element(
        "svg",
        element("title", told),
        *parts,
        class_="strip",
        role="img",
        viewBox=f"0 0 {x} 4",
        preserveAspectRatio="none",
    )


def _parts(counts: Mapping[Verdict, int]) -> Iterator[tuple[Verdict, int]]:
    for verdict in ORDER:
        if counts.get(verdict):
            yield verdict, counts[verdict]


def _levels(most: int) -> Iterable[int]:
    """At most five round numbers up to `most`."""
    step = next(s * 10**p for p in range(9) for s in (1, 2, 5) if most <= 5 * s * 10**p)
    return range(0, most + 1, step)


def _anchor(percent: int) -> str:
    return {0: "start", 100: "end"}.get(percent, "middle")
