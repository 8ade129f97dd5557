"""An assignment with known mistakes, and `examine`: functions of a submission in, its record out."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Plain
from grader.submission import open_submission

collect_ignore = ["course"]  # its checks.py is no test

COURSE = Path(__file__).parent / "course"

Examine = Callable[..., Result]


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The assignment d1."""
    return find_course(COURSE).assignment("d1")


@pytest.fixture(scope="session")
def reference(nursery: Plain, assignment: Assignment) -> Oracle:
    """Its reference."""
    return Oracle(nursery, assignment)


@pytest.fixture
def examine(nursery: Plain, reference: Oracle, assignment: Assignment, tmp_path: Path) -> Examine:
    """`examine("loss", layers="def loss(...): ...")`: the record of some exercises; what is given of a module is put
    behind the reference's own text."""

    def run(*exercises: str, secret: bytes | None = None, **modules: str) -> Result:
        for name in assignment.checks.modules:
            text = (assignment.solution / f"{name}.py").read_text(encoding="utf-8")
            (tmp_path / f"{name}.py").write_text(
                f"{text}\n\n{textwrap.dedent(modules.get(name, ''))}", encoding="utf-8"
            )
        wanted = tuple(e.id for e in assignment.select(exercises)) if exercises else None
        judge = Judge(assignment, reference, nursery, Options(exercises=wanted, secret=secret))
        return judge.grade(open_submission(tmp_path, assignment.checks.modules), "none")

    return run
