"""What a class comes to: added up entry by entry, then shown as one page."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from dataclasses import dataclass, field

from markupsafe import Markup

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.grade import GRADED, NOTHING, UNGRADED, cell, grade
from grader.report.html.overview import distribution, strip, success
from grader.report.html.page import render
from grader.report.terminal import times
from grader.result import ExerciseResult, Verdict

SHOWN = 15  # rows of a table of what is most frequent, or slowest
SENTENCE = 240  # characters of a sentence in such a table
PLACE = re.compile(r" \([^()]*\.py, line \d+\)")  # which differs among those who crash alike
CRASHES = (Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY, Verdict.ENVIRONMENT)


@dataclass(frozen=True)
class Row:
    """One student in the table of all."""

    student: str
    link: str | None
    status: str
    points: float | None
    out_of: float
    sentence: str | None
    strip: Markup | None


@dataclass(frozen=True)
class Slow:
    """A submission's time for one exercise."""

    ratio: float
    limit: float
    at_least: bool
    exercise: str
    student: str
    link: str | None

    @property
    def told(self) -> str:
        return f"{'at least ' if self.at_least else ''}{times(self.ratio)}"


@dataclass
class Summary:
    """A class so far. It grows by a row for each student, not by their records."""

    assignment: Assignment
    rows: list[Row] = field(default_factory=list)
    verdicts: dict[str, Counter[Verdict]] = field(default_factory=dict)  # by exercise
    points: dict[str, float] = field(default_factory=dict)  # by exercise, the sum
    hints: Counter[tuple[str, str]] = field(default_factory=Counter)  # by exercise and hint
    crashes: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # by exercise, verdict and sentence
    slow: list[Slow] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = [exercise.id for exercise in self.assignment.checks.exercises]
        self.verdicts, self.points = {name: Counter() for name in ids}, dict.fromkeys(ids, 0.0)

    def add(self, entry: Entry, link: str | None = None) -> None:
        """Count an entry; `link`: the address of its own page."""
        told = grade(entry, self.assignment)
        exercises = entry.result.exercises if entry.result is not None else ()
        picture = strip(exercises) if exercises else None
        student = cell(entry.student)
        self.rows.append(Row(student, link, told.status, told.points, told.out_of, told.sentence, picture))
        for one in exercises:
            if one.id in self.verdicts and one.out_of:
                self._count(one, student, link)
        imported = entry.result.modules if entry.result is not None else ()
        for module in imported:
            if not module.imported and module.sentence:
                self.crashes[module.name, "not imported", cell(module.sentence)[:SENTENCE]] += 1
        self.slow.sort(key=lambda one: -one.ratio / one.limit)
        del self.slow[SHOWN:]

    def _count(self, one: ExerciseResult, student: str, link: str | None) -> None:
        self.verdicts[one.id][one.verdict] += 1
        self.points[one.id] += one.points
        for hint in dict.fromkeys(one.hints):
            self.hints[one.id, hint] += 1
        if one.verdict in CRASHES and one.cases:
            self.crashes[one.id, one.verdict.words, PLACE.sub("", cell(one.sentence or ""))[:SENTENCE]] += 1
        if one.speed is not None:
            speed = one.speed
            self.slow.append(Slow(speed.ratio, speed.limit, not speed.pairs, one.id, student, link))

    # -- what the page shows --------------------------------------------------------------------------------------

    def count(self, status: str) -> int:
        """Students of this status."""
        return sum(row.status == status for row in self.rows)

    @property
    def shares(self) -> list[float]:
        """The shares of their points that students have, where they have a grade."""
        return [row.points / (row.out_of or 1) for row in self.rows if row.points is not None]

    def asked(self, exercise: str) -> int:
        """How many students were asked it."""
        return sum(self.verdicts[exercise].values())

    def mean_points(self, exercise: str) -> float:
        """Over all who were asked it; 0 where nobody was."""
        return self.points[exercise] / (self.asked(exercise) or 1)

    def share_right(self, exercise: str) -> float:
        """Over all who were asked it; 0 where nobody was."""
        return self.verdicts[exercise][Verdict.RIGHT] / (self.asked(exercise) or 1)


def class_page_of(summary: Summary) -> str:
    """The page of the class."""
    assignment, shares = summary.assignment, summary.shares
    points = [100 * share for share in shares]
    figures = {
        "students": len(summary.rows),
        "graded": summary.count(GRADED),
        "nothing to grade": summary.count(NOTHING),
        "ungraded": summary.count(UNGRADED),
    }
    middle = {
        "mean": f"{statistics.fmean(points):.1f} %" if points else "-",
        "median": f"{statistics.median(points):.1f} %" if points else "-",
    }
    return render(
        "class.html",
        title=f"{assignment.name}: the class",
        assignment=assignment,
        summary=summary,
        figures=figures,
        middle=middle,
        distribution=distribution(shares) if shares else None,
        success=success(summary.verdicts) if any(summary.verdicts.values()) else None,
        used=[v for v in Verdict if any(counts[v] for counts in summary.verdicts.values())],
        hints=summary.hints.most_common(SHOWN),
        crashes=summary.crashes.most_common(SHOWN),
        exercises=list(assignment.checks.exercises),
        trouble=[row for row in summary.rows if row.status != GRADED],
    )
