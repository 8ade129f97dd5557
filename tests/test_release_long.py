"""A release of a whole assignment, checked without a network: two minutes, so `make proofs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.course import find_course, trust
from grader.release import release
from tests.conftest import ROOT
from tests.offline import run_offline


@pytest.mark.parametrize("name", ["a3"])
def test_a_bundle_of_the_course_needs_no_network(name: str, tmp_path: Path) -> None:
    assignment = find_course(ROOT).assignment(name)
    bundle = release([assignment], tmp_path / "bundle")
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, "-m", "grader.cli", "check", name, "--submission", str(assignment.solution)]
    trust(bundle)
    done = run_offline(command, bundle, tmp_path / "scratch")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "exercises right" in done.stdout and "hidden ones, with other inputs, are run at grading" in done.stdout
