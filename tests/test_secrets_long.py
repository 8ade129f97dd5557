"""Right solutions are right whatever the hidden inputs: under ten secrets of every assignment, where `make validate` takes
three. Ten minutes, so `make proofs` runs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.judge import Options
from grader.validate.bench import Bench
from tests.coursework import COURSE, STYLES, SUBMISSIONS, wrong

SECRETS = [f"secret {number}".encode() for number in range(10)]


@pytest.fixture(scope="module", params=COURSE.names())
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The reference worker of an assignment."""
    with Bench(COURSE.assignment(request.param)) as opened:
        yield opened


@pytest.mark.parametrize("secret", SECRETS, ids=bytes.decode)
def test_right_solutions_are_right_under_every_secret(bench: Bench, secret: bytes) -> None:
    assignment, options = bench.assignment, Options(secret=secret, timed=False)
    for folder in (assignment.solution, *(SUBMISSIONS / assignment.name / style for style in STYLES)):
        result = bench.grade(folder, options)
        assert [(one.id, one.sentence) for one in wrong(result)] == [], folder
        assert result.points == result.out_of
    assert bench.grade(assignment.folder, options).points == 0
