"""Limits on time are proved: with room for the reference, and none for the naive version."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.report import validation
from grader.validate.bench import Bench
from grader.validate.findings import Finding
from grader.validate.speed import speed
from tests.conftest import ROOT

TIMED = ROOT / "tests" / "courses" / "timed"
CHECKS, HIDDEN = "assignments/k1/checks.py", "solutions/k1/hidden.py"

NAIVE = "torch.stack([ref.powers(row[None], w)[0] for row in x])"

Prove = Callable[..., Finding]


@pytest.fixture
def prove(tmp_path: Path) -> Prove:
    """`prove("gaps", (file, before, after), ...)`: the finding about one exercise of a changed course."""

    def run(exercise: str, *replacements: tuple[str, str, str]) -> Finding:
        shutil.copytree(TIMED, tmp_path, dirs_exist_ok=True)
        for file, before, after in replacements:
            text = (tmp_path / file).read_text()
            assert before in text
            (tmp_path / file).write_text(text.replace(before, after))
        assignment: Assignment = find_course(tmp_path).assignment("k1")
        with Bench(assignment) as bench:
            return speed(bench, assignment.checks[f"kernels.{exercise}"])

    return run


def test_a_limit_with_room_that_catches_the_naive_version(prove: Prove) -> None:
    finding = prove("gaps")
    assert (finding.tried, finding.gaps, finding.undeclared) == (2, (), 0)


def test_the_clock_catches_it_where_no_rule_does(prove: Prove) -> None:
    slow = "[ref.powers(x, w) for _ in range(60)][-1]"
    finding = prove("powers", (CHECKS, "at_most=2.0", "at_most=4.0"), (HIDDEN, NAIVE, slow))
    assert (finding.tried, finding.gaps) == (2, ())


def test_a_limit_without_room_is_a_gap(prove: Prove) -> None:
    (gap,) = prove("powers", (CHECKS, "at_most=2.0", "at_most=1.0"), (HIDDEN, "@powers.naive\n", "")).gaps
    assert "kernels.powers takes up to" in gap and "with a limit of 1 times" in gap


def test_a_naive_version_that_passes_is_a_gap(prove: Prove) -> None:
    (gap,) = prove("powers", (CHECKS, "at_most=2.0", "at_most=8.0"), (HIDDEN, NAIVE, "ref.powers(x, w)")).gaps
    assert "kernels.powers#column_by_column is not caught" in gap


@pytest.mark.parametrize(
    ("body", "words"),
    [("ref.powers(x, w) + 1", "is wrong on large"), ("ref.powers(w)", "fails on large: powers() missing")],
)
def test_a_naive_version_that_is_not_right_is_a_gap(prove: Prove, body: str, words: str) -> None:
    (gap,) = prove("powers", (CHECKS, "at_most=2.0", "at_most=8.0"), (HIDDEN, NAIVE, body)).gaps
    assert words in gap


def test_a_limit_without_a_naive_version_is_told(prove: Prove) -> None:
    finding = prove("gaps", (HIDDEN, "@gaps.naive\n", ""))
    assert (finding.tried, finding.gaps, finding.undeclared) == (1, (), 1)
    assert "| 1 of 1 (1 limit without a naive version) |" in validation.table([finding])
