"""--watch checks again what was saved; --debug stops in the student's function."""

from __future__ import annotations

import io
import os
import pdb
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.debug import DebugError, debug
from grader.result import Result
from grader.session import Session
from grader.submission import open_submission
from grader.watch import changed, watch
from tests.conftest import TOY
from tests.test_cli import run


@pytest.fixture
def mine(toy: Assignment, tmp_path: Path) -> Path:
    """A folder with the toy's right answers."""
    for name in toy.checks.modules:
        shutil.copy(toy.solution / f"{name}.py", tmp_path)
    return tmp_path


def edited(file: Path, before: str, after: str) -> set[Path]:
    """Save a file with a change."""
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    return {file}


EDITS = {
    "the body of a function": ("return x * factor", "return factor * x", ["scale"]),
    "a method": ("(x > self.above)", "(self.above < x)", ["Counter.count"]),
    "what a class begins with": ("self.above = above", "self.above = 0 + above", ["Counter.count"]),
    "a helper": ("torch.zeros(0)", "torch.zeros(1)", ["scale", "energy", "Counter.count"]),
    "an import": ("import torch", "import math\nimport torch", ["scale", "energy", "Counter.count"]),
    "nothing but blanks": ("return x * factor", "return x * factor\n", []),
    "two functions": ('factor):\n    """x times', 'factor):\n    """X times', ["scale"]),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_changed_is_told_from_the_lines(what: str, toy: Assignment) -> None:
    before, after, names = EDITS[what]
    text = (toy.solution / "algebra.py").read_text()
    assert before in text
    found = changed(toy.checks.modules["algebra"].exercises, text, text.replace(before, after, 1))
    assert [exercise.name for exercise in found] == names


def test_a_saved_file_is_checked_again_where_it_changed(toy: Assignment, mine: Path) -> None:
    shown: list[Result] = []
    told: list[Exception] = []

    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return x * factor", "return x + factor")
        yield edited(mine / "chance.py", "torch.rand(n) < p", "torch.rand(n) < p - 0.0")
        yield {mine / "notes.txt"}
        (mine / "algebra.py").unlink()
        (mine / "chance.py").rename(mine / "away.py")
        yield {mine / "algebra.py"}
        (mine / "away.py").rename(mine / "chance.py")
        yield edited(mine / "chance.py", "- 0.0", "- 1.0")

    with Session(toy.course, toy, mine, mine) as session:
        watch(session, (), shown.append, told.append, changes=saves())
    assert [[(e.id, e.verdict.value) for e in result.exercises] for result in shown[1:]] == [
        [("algebra.scale", "wrong")],
        [("chance.coin", "right")],
        [("chance.sort_by_size", "right"), ("chance.coin", "wrong")],
    ]
    assert len(shown[0].exercises) == 5 and shown[0].all_right
    assert told == []


def test_only_what_was_asked_for_is_watched(toy: Assignment, mine: Path) -> None:
    shown: list[Result] = []

    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return x * factor", "return x + factor")
        yield edited(mine / "chance.py", "torch.rand(n) < p", "torch.rand(n) < p - 1")

    with Session(toy.course, toy, mine, mine) as session:
        watch(session, ["coin"], shown.append, lambda error: None, changes=saves())
    assert [[(e.id, e.verdict.value) for e in result.exercises] for result in shown] == [
        [("chance.coin", "right")],
        [("chance.coin", "wrong")],
    ]


def test_the_command_sees_a_file_being_saved(mine: Path) -> None:
    pytest.importorskip("watchfiles")
    environment = {**os.environ, "GRADER_COURSE": str(TOY), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "grader.cli", "check", "t1", "-e", "scale", "--watch"]
    with subprocess.Popen(command, cwd=mine, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        timer = threading.Timer(120, process.kill)  # then the stream ends, and the test fails
        timer.start()
        try:
            told = _until(process.stdout, "ctrl-c ends")
            assert "scale  right" in told
            edited(mine / "algebra.py", "return x * factor", "return x + factor")
            told = _until(process.stdout, "ctrl-c ends")
            assert (
                "algebra.py was saved" in told
                and "scale  wrong" in told
                and "The factor is added instead of multiplied." in told
            )
        finally:
            timer.cancel()
            process.terminate()


def _until(stream: io.TextIOBase | object, words: str) -> str:
    """What is printed up to and with a line that holds these words; ends with the stream."""
    lines: list[str] = []
    for line in stream:  # type: ignore[attr-defined]
        lines.append(line)
        if words in line:
            break
    return "".join(lines)


# -- debug -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clean() -> Iterator[None]:
    """The modules and the path as they were: debugging imports the submission into this process."""
    modules, path, finders = set(sys.modules), list(sys.path), list(sys.meta_path)
    dont_write, trace = sys.dont_write_bytecode, sys.gettrace()
    yield
    for name in {"algebra", "chance", "checks"} - modules:
        sys.modules.pop(name, None)
    sys.path[:], sys.meta_path[:], sys.dont_write_bytecode = path, finders, dont_write
    sys.settrace(trace)


def debugged(toy: Assignment, mine: Path, exercise: str, *commands: str) -> str:
    """What pdb prints, given these commands."""
    out = io.StringIO()
    debugger = pdb.Pdb(
        stdin=io.StringIO("\n".join([*commands, "q", "q"]) + "\n"), stdout=out, nosigint=True, readrc=False
    )
    try:
        debug(toy, open_submission(mine, toy.checks.modules), toy.checks[exercise], debugger)
    except pdb.bdb.BdbQuit:
        pass
    return out.getvalue()


@pytest.mark.usefixtures("clean")
def test_it_stops_where_the_function_begins(toy: Assignment, mine: Path) -> None:
    told = debugged(toy, mine, "algebra.scale", "p tuple(x.shape), round(factor)", "c")
    assert "algebra.scale, case small: stops in algebra.py" in told
    assert "-> return x * factor" in told
    assert "((3, 4), " in told
    assert "out = Tensor(3, 4)" in told


@pytest.mark.usefixtures("clean")
def test_it_stops_where_the_function_fails(toy: Assignment, mine: Path) -> None:
    edited(mine / "algebra.py", "return x * factor", "wanted = 7\n    return x[wanted]")
    told = debugged(toy, mine, "algebra.scale", "c", "p wanted")
    assert "it raises IndexError" in told
    assert told.rstrip().endswith("(Pdb)") and "\n(Pdb) 7\n" in told


@pytest.mark.usefixtures("clean")
def test_what_is_not_there_cannot_be_debugged(toy: Assignment, mine: Path) -> None:
    edited(mine / "algebra.py", "def scale(", "def scales(")
    with pytest.raises(DebugError, match=r"algebra\.py does not define scale"):
        debugged(toy, mine, "algebra.scale")


def test_debug_takes_one_exercise() -> None:
    done = run("check", "t1", "--submission", "solutions/t1", "--debug")
    assert done.returncode == 2 and "--debug takes one exercise: -e scale" in done.stderr
