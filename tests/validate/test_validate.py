"""`validate` shows what holds, and finds each kind of gap when it is put there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import stubs
from grader.course import Assignment, find_course
from grader.report import validation
from grader.validate import Cache, Finding, bench, validate
from tests.conftest import TOY


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Assignment]:
    """The toy with some text of its hidden part, checks or reference replaced, and stubs that are in step."""

    def make(*replacements: tuple[str, str, str]) -> Assignment:
        course = tmp_path / "course"
        shutil.copytree(TOY, course, dirs_exist_ok=True)
        for file, before, after in replacements:
            path = course / file
            text = path.read_text()
            assert before in text
            path.write_text(text.replace(before, after))
        assignment = find_course(course).assignment("t1")
        for path, text in stubs.generated(assignment).items():
            path.write_text(text)
        return assignment

    return make


HIDDEN, CHECKS, ALGEBRA = "solutions/t1/hidden.py", "assignments/t1/checks.py", "solutions/t1/algebra.py"
ORACLES = (
    (
        HIDDEN,
        "@doubled.replaces",
        '@scale.oracle\ndef product(ref, x, factor):\n    return {"out": x.mul(factor)}\n\n\n'
        '@count.oracle\ndef listed(ref, x, above):\n    return {"count": sum(v > above for v in x.tolist())}\n\n\n'
        "@doubled.replaces",
    ),
)


def test_the_toy_is_proved_and_its_survivors_are_named(changed: Callable[..., Assignment]) -> None:
    findings = validate([changed(*ORACLES)], jobs=2)
    assert [gap for finding in findings for gap in finding.gaps] == []
    table = validation.table(findings)
    assert "| the reference scores all points | 15 of 15 |" in table
    assert "| known mistakes are caught, and called by their names | 4 of 4 |" in table
    assert {finding.proof for finding in findings} >= {"reference", "stub", "oracle", "misconception", "null", "mutant"}


GAPS = {
    "wrong reference": ((ALGEBRA, "scale(x, 2)", "scale(x, 3)"), "algebra.energy and its oracle differ by"),
    "no oracle": ((HIDDEN, "@scale.oracle\n", ""), "algebra.scale has no oracle"),
    "a misconception that nothing catches": (
        (HIDDEN, "return x + factor", "return ref.scale(x, factor)"),
        "algebra.scale#added: no case catches it",
    ),
    "a misconception that is too near": (
        (HIDDEN, "return x + factor", "return x * factor * (1 + 3e-7)"),
        "tolerances away",
    ),
    "a misconception that is broken itself": (
        (HIDDEN, "return x + factor", "return super(dict, x).scale(factor)"),
        "algebra.scale#added: it is broken itself: TypeError: super(",
    ),
    "a loose tolerance": (
        (CHECKS, '"scale", points=20', '"scale", points=20, tolerance=5.0'),
        "algebra.scale: zeros passes every case",
    ),
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_is_found_and_named(changed: Callable[..., Assignment], gap: str) -> None:
    change, words = GAPS[gap]
    findings = validate([changed(*ORACLES, change)], jobs=2, sample=2)
    gaps = validation.gaps(findings)
    assert any(words in found for found in gaps), gaps


def test_a_misconception_may_crash_where_it_is_told_by_its_crash(changed: Callable[..., Assignment]) -> None:
    assignment = changed((HIDDEN, "return x + factor", "return x @ x.new_zeros(17, 1)"))
    findings = validate([assignment], only=lambda proof, subject: proof == "misconception" and "scale" in subject)
    assert [(finding.tried, finding.gaps) for finding in findings] == [(2, ())]


def test_a_stale_stub_is_a_gap(changed: Callable[..., Assignment]) -> None:
    assignment = changed(*ORACLES)
    (assignment.folder / "algebra.py").write_text("def scale(x, factor):\n    return x * factor\n")
    gaps = validation.gaps(validate([assignment], sample=2))
    assert any("algebra.py is out of step with its source" in gap for gap in gaps)
    assert any("the stub of algebra.scale has 20 points" in gap for gap in gaps)


def test_too_few_mutants_are_a_gap_and_survivors_are_listed() -> None:
    finding = Finding("t1", "m.f", "mutant", 10, survivors=("m.f: return x",))
    assert validation.gaps([finding]) == ["t1: only 9 of 10 mutants are caught"]
    assert validation.survivors([finding]) == ["m.f: return x"]


def test_what_has_not_changed_is_not_proved_again(changed: Callable[..., Assignment], tmp_path: Path) -> None:
    assignment = changed(*ORACLES)
    cache = Cache(tmp_path / "cache")
    first = validate([assignment], cache=cache, sample=2)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    assert len(kept) == len(first)
    assert validate([assignment], cache=cache, sample=2) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()} == kept


def test_a_mutant_is_waited_for_in_units_of_the_reference(
    changed: Callable[..., Assignment], monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = changed(*ORACLES)
    exercise = assignment.checks["algebra.scale"]
    with bench.Bench(assignment) as opened:
        question, other = opened.questions(exercise)[:2]
        monkeypatch.setattr(bench, "PATIENCE", 1e9)
        assert opened.patience(question) == exercise.seconds
        monkeypatch.setattr(bench, "PATIENCE", 0.0)
        assert opened.patience(other) == opened.patience(question) == bench.PATIENCE_FROM
