"""A course runs with the rights of whoever runs grader: from the current folder it is taken only if that was said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import CourseError, find_course, trust
from tests.conftest import ROOT, TOY

STRANGE = "open({sign!r}, 'w').write('here')\n"


@pytest.fixture
def eve(tmp_path: Path) -> Path:
    """A submission that is a course, too: whoever loads its checks.py leaves a sign."""
    folder = tmp_path / "eve"
    shutil.copytree(TOY, folder)
    checks = folder / "assignments" / "t1" / "checks.py"
    checks.write_text(STRANGE.format(sign=str(tmp_path / "sign")) + checks.read_text())
    shutil.copytree(folder / "assignments" / "t1", folder / "assignments" / "a1")
    shutil.copy(ROOT / "assignments" / "a1" / "knn.py", folder)
    return folder


def run(*arguments: str, cwd: Path, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key != "GRADER_COURSE"}
    command = [sys.executable, "-m", "grader.cli", *arguments]
    settings = {**kept, "XDG_CONFIG_HOME": str(home), **environment}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=settings)


def test_a_stranger_s_folder_is_graded_by_our_course_and_runs_nothing(eve: Path, tmp_path: Path) -> None:
    for folder in (eve, eve / "assignments" / "a1"):
        done = run("check", "a1", "-e", "knn_get_best_k", cwd=folder, home=tmp_path / "home")
        assert done.returncode in (1, 2), done.stderr
        assert f"the course in {eve} is not used" in done.stderr and f"grader trust {eve}" in done.stderr
        assert not (tmp_path / "sign").exists()


@pytest.mark.parametrize("command", [("show", "t1"), ("list",), ("stubs",), ("check", "t1", "--watch")])
def test_no_command_loads_it(eve: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, cwd=eve, home=tmp_path / "home")
    assert not (tmp_path / "sign").exists()
    if "t1" in command:
        assert done.returncode == 2
        assert "there is no assignment 't1'" in done.stderr and f"grader trust {eve}" in done.stderr


def test_what_is_named_or_trusted_is_used(eve: Path, tmp_path: Path) -> None:
    assert run("show", "t1", cwd=tmp_path, home=tmp_path / "home", GRADER_COURSE=str(eve)).returncode == 0
    assert (tmp_path / "sign").exists()
    assert run("trust", ".", cwd=eve, home=tmp_path / "home").returncode == 0
    done = run("show", "t1", cwd=eve / "assignments", home=tmp_path / "home")
    assert done.returncode == 0 and "A toy" in done.stdout


def test_a_folder_without_a_course_cannot_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with pytest.raises(CourseError, match="there is no grader"):
        trust(tmp_path)
    assert not (tmp_path / "home").exists()


def test_trusted_twice_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for folder in (TOY, ROOT, TOY):
        trust(folder)
    assert (tmp_path / "grader" / "trusted").read_text().splitlines() == [str(TOY), str(ROOT)]
    monkeypatch.chdir(TOY / "assignments")
    monkeypatch.delenv("GRADER_COURSE", raising=False)
    assert find_course().root == TOY
