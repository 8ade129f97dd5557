"""Right submissions with a mistake in them, as a student would make it: whether it is called by its name.

A table of mistakes is graded in rounds. A submission of one round holds several of them, none of which needs another's
function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from grader.course import Assignment
from grader.judge import Judge, Options
from grader.result import ExerciseResult, Verdict
from grader.submission import open_submission
from grader.validate.bench import Bench
from tests.coursework import SUBMISSIONS

Mistake = tuple[int, str, str, str]  # the style, the exercise, what stands there, what is written instead
Told = tuple[Mistake, ExerciseResult]

# What says where, and not what.
_nothing = re.compile(r"`[^`]*` is wrong(?: in (?:all )?[\d,]+(?: of [\d,]+)? entr(?:y|ies))?$")
_part = re.compile(r"\.(__init__|dropout|weights_softmax)$")  # exercises on one and the same class


def rounds(assignment: Assignment, mistakes: list[Mistake]) -> Iterator[list[Mistake]]:
    """The mistakes in groups of one style, the largest of each style first."""
    left = list(mistakes)
    while left:
        chosen: list[Mistake] = []
        for mistake in left:
            if mistake[0] == left[0][0] and not any(_meet(assignment, mistake[1], other[1]) for other in chosen):
                chosen.append(mistake)
        yield chosen
        left = [mistake for mistake in left if mistake not in chosen]


def _meet(assignment: Assignment, one: str, other: str) -> bool:
    """Whether the function of one exercise is the other's, or is needed by it."""
    functions = [{_part.sub("", id_), *(_part.sub("", e.id) for e in _needed(assignment, id_))} for id_ in (one, other)]
    return _part.sub("", one) in functions[1] or _part.sub("", other) in functions[0]


def _needed(assignment: Assignment, id_: str) -> list[object]:
    return list(assignment.checks.prerequisites(assignment.checks[id_]))


def told(bench: Bench, mistakes: list[Mistake], folder: Path) -> list[Told]:
    """What a submission with these mistakes is told of each."""
    for source in (SUBMISSIONS / bench.assignment.name / f"styles_{mistakes[0][0]}").glob("*.py"):
        text = source.read_text()
        for _, exercise, right, wrong in mistakes:
            if exercise.partition(".")[0] == source.stem:
                assert right in text, (exercise, right)
                text = text.replace(right, wrong)
        (folder / source.name).write_text(text)
    options = Options(secret=b"mistakes", timed=False, exercises=tuple(mistake[1] for mistake in mistakes))
    judge = Judge(bench.assignment, bench.oracle, bench.nursery, options)
    result = judge.grade(open_submission(folder, list(bench.assignment.checks.modules)), "none")
    found = {one.id: one for one in result.exercises}
    return [(mistake, found[mistake[1]]) for mistake in mistakes]


def most_are_named(told: list[Told]) -> None:
    """Assert that every mistake is wrong, three of four are named, and nineteen of twenty named or explained."""
    assert [mistake for mistake, one in told if one.verdict is Verdict.RIGHT] == []
    named = [mistake for mistake, one in told if one.hints]
    unexplained = [
        (mistake, one.sentence) for mistake, one in told if not one.hints and _nothing.match(one.sentence or "")
    ]
    assert len(named) >= 0.75 * len(told), [told for told in told if not told[1].hints]
    assert len(unexplained) <= 0.05 * len(told), unexplained
