"""Sandboxes that the tests of a session share, and what becomes of a test whose level this machine cannot give: on Linux
it fails where CI is set, and is skipped, with the reason, elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Limits, Plain, SandboxError, open_sandbox
from grader.sandbox.room import Room
from grader.submission import open_submission

HERE = Path(__file__).parent
LEVELS = ("warm", "cold", "user")
SMALL = Limits(memory=1 << 30, processes=64, scratch=32 << 20, inodes=1000, cpu=2)

Grade = Callable[..., Result]


def missing(reason: str) -> None:
    """End the test: it cannot be run here."""
    if os.environ.get("CI") == "true" and sys.platform == "linux":
        pytest.fail(f"CI must be able to do this: {reason}")
    pytest.skip(reason)


class Rooms:
    """A sandbox of each level, started when it is first asked for."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits
        self._rooms: dict[str, Room] = {}

    def __call__(self, level: str) -> Room:
        if level not in self._rooms:
            try:
                room = open_sandbox(level, self._limits)
            except SandboxError as error:
                missing(str(error))
            assert isinstance(room, Room)
            self._rooms[level] = room
        return self._rooms[level]

    def close(self) -> None:
        for room in self._rooms.values():
            room.close()


@pytest.fixture(scope="session")
def rooms() -> Iterator[Rooms]:
    """Sandboxes with the usual limits."""
    made = Rooms()
    yield made
    made.close()


@pytest.fixture(scope="session")
def narrow() -> Iterator[Rooms]:
    """Sandboxes with limits that are quickly reached."""
    made = Rooms(SMALL)
    yield made
    made.close()


@pytest.fixture(scope="session")
def limits_course() -> Assignment:
    """An assignment about limits."""
    return find_course(HERE / "course").assignment("s1")


@pytest.fixture(scope="session")
def limits_oracle(nursery: Plain, limits_course: Assignment) -> Oracle:
    """Its reference."""
    return Oracle(nursery, limits_course)


@pytest.fixture
def grade_in(oracle: Oracle, toy: Assignment, tmp_path: Path) -> Grade:
    """`grade_in(room, algebra="...")`: the record of a toy submission, graded in a cage of that sandbox."""

    def run(room: Room, **modules: str) -> Result:
        mine = tmp_path / "handed-in"
        mine.mkdir(exist_ok=True)
        for name in toy.checks.modules:
            text = modules.pop(name, None)
            (mine / f"{name}.py").write_text(text or (toy.solution / f"{name}.py").read_text())
        for name, text in modules.items():
            (mine / f"{name}.py").write_text(text)
        with room.cage(mine, toy.public, toy.course.given) as cage:
            options = Options(timed=False)
            judge = Judge(toy, oracle, cage, options)
            return judge.grade(open_submission(mine, toy.checks.modules), cage.level)

    return run
