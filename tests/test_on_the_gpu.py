"""Every assignment's reference on a pretended GPU (tests/pretend): the asks and the references keep to the device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.course import find_course
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Verdict
from grader.submission import open_submission
from grader.validate.cuda import strays
from tests.conftest import ROOT
from tests.pretend import PretendedPlain

COURSE = find_course(ROOT)
MODULES = [(name, module) for name in COURSE.names() for module in COURSE.assignment(name).checks.modules]


@pytest.fixture(scope="module")
def machine() -> Iterator[PretendedPlain]:
    with PretendedPlain() as plain:
        yield plain


@pytest.mark.parametrize(("name", "module"), MODULES)
def test_the_reference_is_right_there(name: str, module: str, machine: PretendedPlain) -> None:
    assignment = COURSE.assignment(name)
    exercises = assignment.checks.modules[module].exercises
    oracle = Oracle(machine, assignment)
    options = Options(tuple(exercise.id for exercise in exercises), public_only=True, device="cuda", timed=False)
    judge = Judge(assignment, oracle, machine, options)
    result = judge.grade(open_submission(assignment.solution, assignment.checks.modules), "none")
    assert {one.id: one.sentence for one in result.exercises if one.verdict is not Verdict.RIGHT} == {}
    assert len(result.exercises) == len(exercises)
    left = {exercise.id: strays(oracle, judge.questions(exercise)[0]) for exercise in exercises}
    assert {name: paths for name, paths in left.items() if paths} == {}
