"""Every mistake of the tables is told: a minute each, so `make proofs` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.validate.bench import Bench
from tests import mistakes_a6, mistakes_a7
from tests.coursework import COURSE
from tests.mistakes import Mistake, most_are_named, rounds, told


@pytest.mark.parametrize(("name", "mistakes"), [("a6", mistakes_a6.MISTAKES), ("a7", mistakes_a7.MISTAKES)])
def test_most_mistakes_of_students_are_named(name: str, mistakes: list[Mistake], tmp_path: Path) -> None:
    assignment = COURSE.assignment(name)
    found = []
    with Bench(assignment) as bench:
        for number, chosen in enumerate(rounds(assignment, mistakes)):
            folder = tmp_path / str(number)
            folder.mkdir()
            found += told(bench, chosen, folder)
    named = sum(bool(one.hints) for _, one in found)
    print(f"{name}: {named} of {len(found)} are named")
    most_are_named(found)
