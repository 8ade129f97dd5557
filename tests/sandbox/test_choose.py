"""Which level is taken, and what is said where one cannot be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.grading import check
from grader.judge import Options
from grader.sandbox import SandboxError, bubble, filter, open_sandbox, probe
from grader.sandbox.doctor import Diagnosis, advice, examine, summary, table
from grader.submission import open_submission
from grader.worker.cage import landlock
from tests.conftest import ROOT, TOY
from tests.sandbox.conftest import LEVELS, Rooms


def grade(toy: Assignment, level: str, device: str = "cpu") -> str:
    """The level that the record names, of one module of the reference."""
    mine = open_submission(toy.solution / "chance.py", toy.checks.modules)
    options = Options(exercises=("chance.coin",), device=device)
    result = check(toy, mine, options, sandbox=level)
    assert result.all_right, [one.sentence for one in result.exercises]
    return result.sandbox


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`grader check t1 ...` in the toy course."""
    return subprocess.run(
        [sys.executable, "-m", "grader.cli", "check", "t1", *arguments],
        cwd=TOY,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GRADER_COURSE": str(TOY)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("level", [*LEVELS, "none", "auto"])
def test_check_takes_a_level(level: str, rooms: Rooms, tmp_path: Path) -> None:
    rooms("cold" if level in ("auto", "none") else level)  # skips or fails where there is none
    record = tmp_path / "record.json"
    done = command("--sandbox", level, "--submission", str(TOY / "solutions/t1"), "--json", str(record))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(record.read_text())["sandbox"] == ("cold" if level == "auto" else level)
    assert ("not sandboxed" in done.stdout) == (level == "none")


def test_auto_falls_to_what_there_is(toy: Assignment, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms("user")
    monkeypatch.setattr(bubble, "find", lambda: None)
    assert grade(toy, "auto") == ("user" if os.geteuid() == 0 else "none")
    monkeypatch.setattr(filter, "_seccomp", _no_seccomp)
    filter.program.cache_clear()
    assert grade(toy, "auto") == "none"


def _no_seccomp() -> None:
    raise SandboxError("libseccomp is missing: apt-get install libseccomp2")


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_without_its_parts_says_what_is_missing(
    level: str, toy: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter, "_seccomp", _no_seccomp)
    filter.program.cache_clear()
    with pytest.raises(SandboxError, match="libseccomp is missing"):
        grade(toy, level)
    monkeypatch.undo()
    if level == "user":
        monkeypatch.setattr(landlock, "version", lambda: 0)
        with pytest.raises(SandboxError, match="needs Landlock"):
            grade(toy, level)
        monkeypatch.setattr(landlock, "version", lambda: 5)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        with pytest.raises(SandboxError, match=r"root.* or Linux 6\.12"):
            grade(toy, level)
    else:
        monkeypatch.setattr(bubble, "find", lambda: None)
        with pytest.raises(SandboxError, match=f"level {level}: bubblewrap is missing: apt-get install"):
            grade(toy, level)


def test_a_bubblewrap_that_may_not_make_namespaces_is_quoted(
    toy: Assignment, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cat`, which does not know bubblewrap's options either, complains on stderr and fails."""
    rooms("cold")
    monkeypatch.setattr(bubble, "find", lambda: "/bin/cat")
    monkeypatch.setattr(probe, "_proved", {})
    for level in ("warm", "cold"):
        with pytest.raises(SandboxError, match=f"level {level} does not start: .*cat"):
            grade(toy, level)


def test_a_gpu_that_is_not_there_is_no_level_s_fault(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    for level in ("cold", "none", "auto"):
        with pytest.raises(SandboxError, match="no CUDA device: this machine has no NVIDIA GPU"):
            grade(toy, level, device="cuda")


def test_an_unknown_level_is_refused_by_the_command() -> None:
    done = command("--sandbox", "hot")
    assert done.returncode == 2
    assert "'hot' is not one of 'auto', 'warm', 'cold', 'user', 'none'" in done.stderr


def test_doctor_tells_of_every_attempt_in_a_line(rooms: Rooms) -> None:
    for level in LEVELS:
        rooms(level)
    diagnoses = examine()
    assert [(told.level, told.reason) for told in diagnoses] == [(level, None) for level in LEVELS]
    lines = table(diagnoses)
    assert len(lines) == 1 + len(diagnoses[0].findings)
    assert all("held" in line or "admitted" in line for line in lines[1:])
    assert summary(diagnoses) == ["grader check uses level cold; grader batch uses level warm"]
    assert any("no namespaces" in note for told in diagnoses for note in told.notes)


def test_doctor_says_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubble, "find", lambda: None)
    monkeypatch.setattr(filter, "_seccomp", _no_seccomp)
    monkeypatch.setattr(landlock, "version", lambda: 0)
    words = "\n".join(advice())
    assert "bubblewrap is missing (levels warm and cold): apt-get install bubblewrap" in words
    assert "libseccomp is missing" in words and "no Landlock" in words
    none = [Diagnosis(level, "it is not there") for level in LEVELS]
    assert summary(none) == [
        "grader check uses level none; grader batch uses level none: it refuses to run strangers' code here"
    ]
    assert table(none) == []


def test_opening_a_level_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        open_sandbox("hot")
