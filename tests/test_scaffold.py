"""grader new makes an assignment that is whole: proved, released and graded as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import find_course
from grader.scaffold import ScaffoldError, scaffold
from grader.validate import validate
from tests.test_cli import run


def test_a_new_assignment_is_proved_as_it_is(tmp_path: Path) -> None:
    made = run("new", "b1", "--module", "shapes", "--title", "Shapes", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "grader validate b1" in made.stdout
    assert (tmp_path / "grader.toml").is_file()
    assert run("stubs", "--check", "b1", cwd=tmp_path).returncode == 0
    assert "NotImplementedError" in (tmp_path / "assignments/b1/shapes.py").read_text()
    assert "`shapes.standardise` | 100" in (tmp_path / "assignments/b1/README.md").read_text()
    findings = validate([find_course(tmp_path).assignment("b1")])
    assert [gap for finding in findings for gap in finding.gaps] == []
    assert {finding.proof for finding in findings} >= {"reference", "stub", "oracle", "misconception", "null", "mutant"}
    assert sum(finding.tried for finding in findings if finding.proof == "misconception") == 3
    assert [s for finding in findings for s in finding.survivors] == []
    right = run("check", "b1", "--submission", "solutions/b1", cwd=tmp_path)
    assert right.returncode == 0 and "b1: 100 of 100 points" in right.stdout


def test_a_second_assignment_goes_into_the_same_course(tmp_path: Path) -> None:
    scaffold("b1", "one", "One", tmp_path)
    deeper = tmp_path / "assignments"
    assert all(
        path.is_relative_to(tmp_path / "assignments") or path.is_relative_to(tmp_path / "solutions")
        for path in scaffold("b2", "two", "Two", deeper)
    )
    assert find_course(tmp_path).names() == ["b1", "b2"]


NAMES = {"b-1": "is no name", "class": "is no name", "given": "something else", "": "is no name"}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_cannot_be_is_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match=NAMES[name]):
        scaffold(name, "layers", "Title", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    scaffold("b1", "layers", "One", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ScaffoldError, match="is there already"):
        scaffold("b1", "layers", "Another", tmp_path)
    with pytest.raises(ScaffoldError, match="cannot be called hidden"):
        scaffold("b2", "hidden", "Another", tmp_path)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
