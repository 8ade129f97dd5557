"""A machine with a GPU, or a reason to skip."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from grader.course import Assignment, find_course
from grader.gpu import GPU, MISSING, find
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Plain, SandboxError, usable
from grader.submission import open_submission
from tests.conftest import Grade

HERE = Path(__file__).parent


def absent(reason: str) -> NoReturn:
    """Skip; but fail where a GPU was promised."""
    if os.environ.get("GRADER_GPU") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def gpu() -> GPU:
    """The machine's."""
    found = find()
    if found is None:
        absent(MISSING)
    return found


@pytest.fixture(scope="session")
def trusted(gpu: GPU) -> Iterator[Plain]:
    """Workers that may use it."""
    with Plain(gpu=gpu) as plain:
        try:
            usable(plain)
        except SandboxError as error:
            absent(str(error))
        yield plain


@pytest.fixture(scope="session")
def course() -> Assignment:
    """g1, whose kernels are worth a GPU."""
    return find_course(HERE / "course").assignment("g1")


@pytest.fixture(scope="session")
def reference(trusted: Plain, course: Assignment) -> Oracle:
    return Oracle(trusted, course)


@pytest.fixture
def grade_kernels(trusted: Plain, reference: Oracle, course: Assignment, tmp_path: Path) -> Grade:
    """`grade_kernels("...")`: the record of this kernels.py on the GPU."""

    def run(text: str, options: Options | None = None) -> Result:
        (tmp_path / "kernels.py").write_text(text)
        judge = Judge(course, reference, trusted, options or Options(device="cuda"))
        return judge.grade(open_submission(tmp_path, course.checks.modules), "none")

    return run
