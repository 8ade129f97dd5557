"""Processes that are ended from outside, or by the system: nobody's submission has done that."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from grader.course import Assignment
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.peer import Peer
from grader.result import Result, Verdict
from grader.sandbox import Cage, Plain
from grader.submission import open_submission
from tests.conftest import one
from tests.sandbox.conftest import LEVELS, Rooms

HANGS_AT_IMPORT = "while True:\n    pass\n"
HANGS = "def scale(x, factor):\n    while True:\n        pass\n"
KILLS = "import os, signal\n\n\ndef scale(x, factor):\n    os.kill(os.getpid(), signal.SIGKILL)\n"


class Struck:
    """A cage whose nursery is killed as soon as a worker was forked from it."""

    def __init__(self, cage: Any) -> None:
        self._cage = cage
        self._is_struck = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cage, name)

    def open(self) -> Peer:
        worker: Peer = self._cage.open()
        if not self._is_struck:
            self._is_struck = True
            os.kill(self._cage._process.pid if self.level == "none" else self._cage._nursery.pid, signal.SIGKILL)
        return worker


def graded(toy: Assignment, oracle: Oracle, cage: Cage, folder: Path) -> Result:
    options = Options(exercises=("algebra.scale",), timed=False)
    return Judge(toy, oracle, cage, options).grade(open_submission(folder, toy.checks.modules), cage.level)


@pytest.mark.parametrize("level", ["none", *LEVELS])
@pytest.mark.parametrize("text", [HANGS_AT_IMPORT, HANGS])
def test_a_cage_that_is_ended_is_no_crash(
    text: str, level: str, rooms: Rooms, toy: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    (tmp_path / "algebra.py").write_text(text)
    with Plain() if level == "none" else rooms(level).cage(tmp_path, toy.public, toy.course.given) as cage:
        result = graded(toy, oracle, Struck(cage), tmp_path)
    assert one(result, "scale").verdict is Verdict.GRADER_FAULT
    assert "ended from outside" in (one(result, "scale").sentence or "")


@pytest.mark.parametrize("level", ["none", *LEVELS])
def test_a_worker_that_ends_itself_is_one(
    level: str, rooms: Rooms, toy: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    (tmp_path / "algebra.py").write_text(KILLS)
    with Plain() if level == "none" else rooms(level).cage(tmp_path, toy.public, toy.course.given) as cage:
        result = graded(toy, oracle, cage, tmp_path)
    assert one(result, "scale").verdict is Verdict.CRASHED
