"""Mistakes made by hand in right submissions, as students make them: text that is replaced, and what it stands for."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.coursework import COURSE, SUBMISSIONS


class Slip(NamedTuple):
    """A piece of one function, and what stands there instead."""

    exercise: str
    right: str
    wrong: str


def with_slips(name: str, style: str, slips: Sequence[Slip], folder: Path) -> Path:
    """Write a right submission of an assignment with these slips into `folder`, and return it."""
    shutil.copytree(SUBMISSIONS / name / style, folder)
    for slip in slips:
        file = folder / f"{slip.exercise.partition('.')[0]}.py"
        text = file.read_text(encoding="utf-8")
        assert text.count(slip.right) == 1, (
            f"{slip.exercise}: {slip.right!r} stands there {text.count(slip.right)} times"
        )
        file.write_text(text.replace(slip.right, slip.wrong), encoding="utf-8")
    return folder


def named(name: str, exercise: str, hints: Sequence[str]) -> bool:
    """Whether one of the hints is the sentence of a declared mistake."""
    declared = {v.sentence for e in COURSE.assignment(name).checks.exercises for v in e.misconceptions}
    return any(hint.removeprefix("Perhaps: ") in declared for hint in hints)
