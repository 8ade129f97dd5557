"""Whoever wants more than there is runs into a limit, and the record says into which."""

from __future__ import annotations

import pytest

from grader.course import Assignment
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.sandbox.groups import Groups
from grader.submission import open_submission
from tests.sandbox.conftest import HERE, LEVELS, Grade, Rooms

EXPECTED = {
    "limits.memory": ("out_of_memory", "memory"),
    "limits.processes": ("crashed", "processes"),
    "limits.threads": ("crashed", "processes"),
    "limits.files": ("crashed", "files"),
    "limits.scratch": ("crashed", "scratch"),
    "limits.one_large_file": ("crashed", "scratch"),
    "limits.many_files": ("crashed", "scratch"),
    "limits.output": ("crashed", "output"),
    "limits.wall": ("timed_out", "wall"),
    "limits.cpu": ("timed_out", "cpu"),
    "importing.late": ("out_of_memory", "memory"),
}
# What a level does not bound where it may not mount; SECURITY.md says so.
UNBOUNDED = {"cold": ("limits.many_files",), "user": ("limits.many_files", "limits.scratch")}


@pytest.mark.parametrize("level", LEVELS)
def test_every_limit_has_a_verdict_and_words_of_its_own(
    level: str, narrow: Rooms, limits_course: Assignment, limits_oracle: Oracle
) -> None:
    room, greedy = narrow(level), HERE / "course" / "greedy"
    with room.cage(greedy, limits_course.public, limits_course.course.given) as cage:
        judge = Judge(limits_course, limits_oracle, cage, Options(timed=False))
        result = judge.grade(open_submission(greedy, limits_course.checks.modules), cage.level)
        assert cage.processes == set()
    assert result.sandbox == level
    found = {one.id: (str(one.verdict), one.cause) for one in result.exercises}
    free = () if level == "warm" or room.bounded else UNBOUNDED[level]
    expected = EXPECTED | dict.fromkeys(free, ("right", None))
    assert found == expected, [(one.id, one.sentence) for one in result.exercises if found[one.id] != expected[one.id]]
    sentences = {one.id: one.sentence or "" for one in result.exercises}
    assert all(sentences[name] for name in found if found[name][0] != "right")
    words = {"memory": "memory", "files": "files", "wall": "within 1 s", "cpu": "CPU time", "output": "prints"}
    for name, (_, cause) in found.items():
        assert words.get(cause or "", "") in sentences[name]


HOARD = """
import os, time

def scale(x, factor):
    children = []
    for _ in range(8):
        pid = os.fork()
        if not pid:
            kept = b"x" * (300 << 20)
            time.sleep(600)
        children.append(pid)
    for pid in children:
        if os.waitpid(pid, 0)[1]:
            os._exit(1)
    return x * factor
"""


def test_memory_is_bounded_for_all_processes_together(narrow: Rooms, grade_in: Grade) -> None:
    """Each of eight processes stays within what one may have; together they do not."""
    room = narrow("warm")
    groups = Groups.create(room.limits)
    if groups is None or groups.memory is None:
        pytest.skip("no writable control groups here")
    groups.remove()
    (scale,) = [one for one in grade_in(room, algebra=HOARD).exercises if one.id == "algebra.scale"]
    assert (str(scale.verdict), scale.cause) == ("out_of_memory", "memory")
