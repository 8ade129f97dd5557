"""What a submission gets, and what it cannot do to the next one, at every level."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.interview import Interview
from grader.judge import Options
from grader.question import draw
from grader.result import Result
from grader.sandbox import Plain
from grader.submission import open_submission
from tests.conftest import TOY, one
from tests.sandbox.conftest import LEVELS, Grade, Rooms

levels = pytest.mark.parametrize("level", LEVELS)


@levels
def test_a_right_submission_is_right_and_the_record_names_the_level(level: str, rooms: Rooms, grade_in: Grade) -> None:
    result = grade_in(rooms(level))
    assert (result.points, result.sandbox) == (100, level), [(e.id, e.sentence) for e in result.exercises]


@levels
def test_nothing_but_the_submission_the_checks_and_the_helpers_is_shown(
    level: str, rooms: Rooms, toy: Assignment, tmp_path: Path
) -> None:
    mine, given = tmp_path / "mine", tmp_path / "given"
    mine.mkdir()
    given.mkdir()
    (given / "helper.py").write_text("FACTOR = 1\n")
    (mine / "chance.py").write_text("VALUE = 1\n")
    (mine / "algebra.py").write_text(f"""
import os, helper, chance
from pathlib import Path

def seen():
    here = Path(__file__).parent
    yield sorted(path.name for path in here.iterdir() if not path.name.startswith("__"))
    for path in ({str(toy.solution)!r}, {str(toy.public)!r}, {str(given)!r}, {str(tmp_path)!r}, {os.getcwd()!r}):
        try:
            yield os.listdir(path) if os.path.isdir(path) else open(path).read()
        except OSError:
            yield None

def scale(x, factor):
    print(list(seen()))
    return x * factor * helper.FACTOR * chance.VALUE
""")
    room = rooms(level)
    with room.cage(mine, toy.public, given) as cage:
        interview = Interview(cage, toy, open_submission(mine, toy.checks.modules))
        imported = interview.load("algebra")
        assert imported.failure is None
        exercise = toy.checks["algebra.scale"]
        transcript = interview.ask(imported, [draw(exercise, exercise.cases[0], b"x", TOY)])
        interview.end(imported)
    assert transcript.responses[0].answer is not None
    assert transcript.printed.strip() == str([["algebra.py", "chance.py"], None, None, None, None, None])


@levels
def test_the_current_folder_is_its_own_and_holds_what_was_handed_in(level: str, rooms: Rooms, grade_in: Grade) -> None:
    source = """
import sys
assert sys.argv == sys.orig_argv[1:] == [__file__]
assert "sort_by_size" in open("chance.py").read()
open("made.txt", "w").write("mine")

def scale(x, factor):
    import os
    assert "sort_by_size" in open("chance.py").read() and os.environ["TMPDIR"] == os.getcwd()
    os.chdir("/")
    return x * factor
"""
    assert all(one(grade_in(rooms(level), algebra=source), "scale").points for _ in range(2))


LEAVES = """
import os, tempfile

PLACES = [tempfile.gettempdir(), os.path.expanduser("~"), os.getcwd(), "/tmp", "/dev/shm", "/scratch", "/var/tmp"]

def mark():
    for number, place in enumerate(PLACES):
        try:
            with open(f"{place}/mark-of-{number}", "w") as file:
                file.write("x")
        except OSError:
            pass

def look():
    roots = {os.path.dirname(os.path.realpath(p)) if "worker-" in p else os.path.realpath(p) for p in PLACES}
    for root in roots:
        for folder, _, files in os.walk(root):
            marks = [name for name in files if "mark-of" in name]
            if marks:
                raise RuntimeError(f"found {marks} in {folder}")
"""


@levels
def test_an_exercise_leaves_nothing_to_the_next(level: str, rooms: Rooms, grade_in: Grade) -> None:
    """Marks in every place that can be written to, and a look for them, in every exercise."""
    result = grade_in(rooms(level), algebra=MARKS)
    # A second question of the same exercise finds the marks of the first, and may.
    assert one(result, "Counter.count").verdict == "right", one(result, "Counter.count").sentence
    assert one(result, "scale").cases[0].verdict == "right", one(result, "scale").sentence


def test_the_marks_are_found_where_exercises_share_a_folder(grade: Callable[..., Result]) -> None:
    """Level none, where they do: else the test above could not fail."""
    result = grade(Options(timed=False), algebra=MARKS)
    assert "mark-of" in (one(result, "Counter.count").sentence or "")


MARKS = (
    LEAVES
    + """
kept = []

def act():
    look()
    assert not kept
    kept.append(1)
    os.environ["MARK"] = "x"
    mark()

def scale(x, factor):
    act()
    return x * factor

def energy(x):
    act()
    return (x * x).sum(), 2 * x

class Counter:
    def __init__(self, above):
        self.above = above
    def count(self, x):
        look()
        return (x > self.above).sum().item()
"""
)


@levels
def test_a_submission_leaves_nothing_to_the_next(level: str, rooms: Rooms, grade_in: Grade) -> None:
    reference = (TOY / "solutions/t1/chance.py").read_text()
    grade_in(rooms(level), chance=f"{LEAVES}\nmark()\n{reference}")
    assert grade_in(rooms(level), chance=f"{LEAVES}\nlook()\n{reference}").points == 100


@levels
def test_an_exercise_can_kill_only_itself(level: str, rooms: Rooms, grade_in: Grade) -> None:
    """Its parent, the nursery, and everything at once."""
    algebra = """
import os, signal

def scale(x, factor):
    for pid in (os.getppid(), 1, -1, 0):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    return x * factor

def energy(x):
    return (x * x).sum(), 2 * x

class Counter:
    def __init__(self, above):
        self.above = above
    def count(self, x):
        return (x > self.above).sum().item()
"""
    room = rooms(level)
    result = grade_in(room, algebra=algebra)
    assert one(result, "energy").verdict == one(result, "Counter.count").verdict == "right"
    assert one(result, "scale").verdict != "grader_fault"
    assert one(result, "coin").verdict == "right"


DAEMONS = """
import os, signal, time

def spawn():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    else:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            while True:
                time.sleep(60)
        os._exit(0)

for _ in range(3):
    spawn()

def scale(x, factor):
    for _ in range(3):
        spawn()
    return x * factor
"""


@levels
def test_daemons_die_with_their_exercise_and_the_rest_with_the_cage(
    level: str, rooms: Rooms, toy: Assignment, tmp_path: Path
) -> None:
    (tmp_path / "algebra.py").write_text(DAEMONS)
    exercise = toy.checks["algebra.scale"]
    with rooms(level).cage(tmp_path, toy.public, toy.course.given) as cage:
        interview = Interview(cage, toy, open_submission(tmp_path, toy.checks.modules))
        imported = interview.load("algebra")
        assert imported.worker is not None
        assert len(cage.processes) == 4  # the module's worker and its daemons
        fork, _ = interview.fork(imported)
        assert fork is not None
        handles = {pid: os.pidfd_open(pid) for pid in cage.processes}
        cage.end(fork)
        assert cage.processes == {cage.host_pid(imported.worker)}
        interview.ask(imported, [draw(exercise, exercise.cases[0], b"x", TOY)])
        assert cage.processes == {cage.host_pid(imported.worker)}
        handles |= {pid: os.pidfd_open(pid) for pid in cage.processes}
    for pid, handle in handles.items():
        assert has_ended(handle), pid
        os.close(handle)


def has_ended(pidfd: int) -> bool:
    """Whether the process is gone, now."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


@levels
def test_a_fork_bomb_is_over_when_its_cage_is(level: str, narrow: Rooms, grade_in: Grade, toy: Assignment) -> None:
    bomb = """
import os

def scale(x, factor):
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
    seconds, toy.checks["algebra.scale"].seconds = toy.checks["algebra.scale"].seconds, 1.0
    try:
        result = grade_in(narrow(level), algebra=bomb)
    finally:
        toy.checks["algebra.scale"].seconds = seconds
    assert one(result, "scale").points == 0
    assert one(result, "scale").verdict != "grader_fault"
    assert one(result, "coin").verdict == "right"
    assert grade_in(narrow(level)).points == 100


@levels
def test_a_nursery_that_is_lost_is_replaced(level: str, rooms: Rooms, toy: Assignment, tmp_path: Path) -> None:
    (tmp_path / "chance.py").write_text("")
    with rooms(level).cage(tmp_path, toy.public, toy.course.given) as cage:
        first = cage.open()
        os.kill(next(iter(cage._nursery.infrastructure - {0})), 9)
        cage._nursery.kill()
        second = cage.open()
        assert cage.host_pid(second) is not None
        assert cage.host_pid(first) in (None, cage.host_pid(second))  # the same number in another namespace


def test_at_level_none_it_is_too() -> None:
    with Plain() as plain:
        first = plain.open()
        os.kill(plain._process.pid, 9)
        second = plain.open()
        assert plain.workers == {first.pid, second.pid}
        plain.end(first)
        plain.end(second)
        assert plain.processes == set()


def test_level_none_offers_what_a_cage_does() -> None:
    with Plain() as plain:
        worker = plain.open()
        assert plain.host_pid(worker) == worker.pid
        assert plain.limit_hit() is None
        assert plain.paths is None
        plain.end(worker)
        assert plain.processes == set()


PICTURE = """
import sys
found = "matplotlib.pyplot" in sys.modules
import matplotlib.pyplot as plt

def scale(x, factor):
    plt.plot([1, 2])
    plt.savefig("here.png")
    print(found, open("here.png", "rb").read(4) == b"\\x89PNG")
    return x * factor
"""


@levels
def test_a_picture_can_be_drawn_whoever_has_imported_the_library(level: str, rooms: Rooms, grade_in: Grade) -> None:
    result = one(grade_in(rooms(level), algebra=PICTURE), "scale")
    assert result.points, result.sentence
    assert set(result.printed.splitlines()) == {f"{level == 'warm'} True"}
