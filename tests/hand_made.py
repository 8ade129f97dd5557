"""Mistakes made by hand in right submissions, as students make them, and what is said of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from grader.judge import Judge, Options
from grader.result import ExerciseResult, Result, Verdict
from grader.submission import open_submission
from grader.validate.bench import Bench
from tests.coursework import COURSE, SUBMISSIONS

# What says no more than that something is wrong.
VAGUE = re.compile(r"`[^`]+`(\[[^]]*\])* is (wrong|wrong in all [\d,]+ entries)")


class Slip(NamedTuple):
    """A piece of one function of a right submission, and what stands there instead."""

    exercise: str
    right: str
    wrong: str


def with_slips(name: str, style: str, slips: Sequence[Slip], folder: Path) -> Path:
    """Write a right submission of an assignment with these slips into `folder`, and return it."""
    shutil.copytree(SUBMISSIONS / name / style, folder)
    for slip in slips:
        file = folder / f"{slip.exercise.partition('.')[0]}.py"
        text = file.read_text(encoding="utf-8")
        assert text.count(slip.right) == 1, f"{slip.exercise}: {slip.right!r} is there {text.count(slip.right)} times"
        file.write_text(text.replace(slip.right, slip.wrong), encoding="utf-8")
    return folder


def graded(name: str, style: str, slips: Sequence[Slip], folder: Path) -> Result:
    """Grade a right submission with these slips, on the exercises that they are in."""
    with_slips(name, style, slips, folder)
    options = Options(secret=b"by hand", timed=False, exercises=frozenset(slip.exercise for slip in slips))
    with Bench(COURSE.assignment(name)) as bench:
        judge = Judge(bench.assignment, bench.oracle, bench.nursery, options)
        return judge.grade(open_submission(folder, list(bench.assignment.checks.modules)), "none")


def is_named(name: str, exercise: ExerciseResult) -> bool:
    """Whether a hint is the sentence of a declared mistake."""
    declared = {v.sentence for e in COURSE.assignment(name).checks.exercises for v in e.misconceptions}
    return any(hint.removeprefix("Perhaps: ") in declared for hint in exercise.hints)


def is_explained(exercise: ExerciseResult) -> bool:
    """Whether something is said beyond that it is wrong."""
    return bool(exercise.hints) or not VAGUE.fullmatch(exercise.sentence or "")


def check_that_mistakes_are_told(name: str, style: str, slips: Sequence[Slip], folder: Path) -> None:
    """None is right; three of four are named, and 95 % of them explained."""
    exercises = graded(name, style, slips, folder).exercises
    assert {one.id for one in exercises} == {slip.exercise for slip in slips}
    assert [one.id for one in exercises if one.verdict is Verdict.RIGHT] == []
    unnamed = [(one.id, one.sentence) for one in exercises if not is_named(name, one)]
    assert len(unnamed) <= 0.25 * len(slips), unnamed
    unexplained = [(one.id, one.sentence) for one in exercises if not is_explained(one)]
    assert len(unexplained) <= 0.05 * len(slips), unexplained
