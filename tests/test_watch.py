"""--watch checks again what was saved; --debug stops in the student's function."""

from __future__ import annotations

import io
import os
import pdb
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from grader.course import Assignment
from grader.debug import DebugError, debug
from grader.oracle import Oracle
from grader.question import Question
from grader.response import Transcript
from grader.result import Result
from grader.sandbox import Plain
from grader.session import Session
from grader.sitting import Sitting
from grader.submission import open_submission
from grader.watch import watch
from grader.wire import Encoded
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


def seen(
    toy: Assignment, mine: Path, nursery: Plain, saves: Iterable[set[Path]], *exercises: str
) -> list[list[tuple[str, str]]]:
    """What `watch` shows: exercises and verdicts."""
    shown: list[Result] = []
    told: list[Exception] = []
    with Session(toy.course, toy, mine, mine, nursery) as session:
        watch(session, exercises, shown.append, told.append, changes=saves)
    assert told == []
    return [[(one.id, one.verdict.value) for one in result.exercises] for result in shown]


def test_a_saved_file_is_checked_again_where_it_changed(toy: Assignment, mine: Path, nursery: Plain) -> None:
    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "(x > self.above)", "(x >= self.above + 1)")
        yield edited(mine / "chance.py", "torch.rand(n) < p", "torch.rand(n) < p - 0.0")
        yield {mine / "notes.txt"}
        (mine / "algebra.py").unlink()
        (mine / "chance.py").rename(mine / "away.txt")
        yield {mine / "algebra.py"}
        (mine / "away.txt").rename(mine / "chance.py")
        yield edited(mine / "chance.py", "- 0.0", "- 1.0")
        yield edited(mine / "chance.py", "import torch\n", "import torch\nimport math\n")

    first, *later = seen(toy, mine, nursery, saves())
    assert len(first) == 5 and {verdict for _, verdict in first} == {"right"}
    assert later == [
        [("algebra.Counter.count", "wrong")],
        [("chance.coin", "right")],
        [("chance.coin", "wrong")],
        [("chance.sort_by_size", "right"), ("chance.coin", "wrong")],
    ]


def test_what_calls_it_is_checked_when_it_is_quiet_and_shown_where_it_is_news(
    toy: Assignment, mine: Path, nursery: Plain
) -> None:
    quiet: set[Path] = set()

    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return x * factor", "return factor * x")
        yield quiet
        yield edited(mine / "algebra.py", "return factor * x", "return factor + x")
        yield quiet
        yield quiet

    assert seen(toy, mine, nursery, saves())[1:] == [
        [("algebra.scale", "right")],
        [("algebra.scale", "wrong")],
        [("algebra.energy", "wrong")],
    ]


def test_a_file_that_cannot_be_imported_is_told_once(toy: Assignment, mine: Path, nursery: Plain) -> None:
    quiet: set[Path] = set()

    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return x * factor", "return x *")
        yield quiet
        yield quiet
        yield edited(mine / "algebra.py", "return x *\n", "return x * factor\n")
        yield quiet

    assert seen(toy, mine, nursery, saves())[1:] == [[("algebra.scale", "crashed")], [("algebra.scale", "right")]]


def asked_of(
    toy: Assignment, mine: Path, nursery: Plain, saves: Iterable[set[Path]], monkeypatch: pytest.MonkeyPatch
) -> list[list[str]]:
    """The exercises that the student's workers are asked: at first, and after each save."""
    rounds: list[list[str]] = [[]]
    ask = Sitting.ask_together

    def noted(self: Sitting, frame: Encoded, questions: Sequence[Question], *rest: Any) -> Transcript | None:
        rounds[-1].append(questions[0].exercise.name)
        return ask(self, frame, questions, *rest)

    def announced() -> Iterator[set[Path]]:
        for save in saves:
            rounds.append([])
            yield save

    monkeypatch.setattr(Sitting, "ask_together", noted)
    with Session(toy.course, toy, mine, mine, nursery) as session:
        watch(session, ["energy"], lambda result: None, lambda error: None, changes=announced())
    return rounds


def test_only_what_changed_is_asked_where_editions_compete(
    toy: Assignment, mine: Path, nursery: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet: set[Path] = set()

    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return (x * x).sum(), scale(x, 2)", "return (x**2).sum(), scale(x, 2)")
        yield quiet
        yield edited(mine / "algebra.py", "return x * factor", "return factor * x")
        yield quiet

    first, energy, nothing, both, others = asked_of(toy, mine, nursery, saves(), monkeypatch)
    assert toy.checks.modules["algebra"].editions and first == ["scale", "energy", "Counter.count"]
    assert energy == ["energy"] and nothing == []
    assert both == [], "scale is not watched, and energy calls it: that waits until it is quiet"
    assert others == ["energy"]


def test_another_edition_is_found_when_enough_has_changed(toy: Assignment, mine: Path, nursery: Plain) -> None:
    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return (x * x).sum(), scale(x, 2)", "return 2 * (x * x).sum(), scale(x, 4)")

    shown: list[Result] = []
    with Session(toy.course, toy, mine, mine, nursery) as session:
        watch(session, (), shown.append, lambda error: None, changes=saves())
    usual, doubled = shown
    assert [module.edition for module in usual.modules] == [None, None]
    assert [(module.name, module.edition) for module in doubled.modules] == [("algebra", "twice the sum of squares")]
    assert [one.verdict.value for one in doubled.exercises] == ["right"] * 3, "all of the module are told again"


def test_a_session_asks_again_what_has_changed_since(
    toy: Assignment, mine: Path, nursery: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = Sitting.ask_together

    def noted(self: Sitting, frame: Encoded, questions: Sequence[Question], *rest: Any) -> Transcript | None:
        asked.append(questions[0].exercise.name)
        return ask(self, frame, questions, *rest)

    monkeypatch.setattr(Sitting, "ask_together", noted)
    with Session(toy.course, toy, mine, mine, nursery) as session:
        for change, expected in (
            (None, ["scale", "energy", "Counter.count"]),
            (None, ["energy"]),
            (("(x > self.above)", "(self.above < x)"), ["energy", "Counter.count"]),
        ):
            if change:
                edited(mine / "algebra.py", *change)
            assert session.check(["energy"]).all_right
            assert asked == expected
            asked.clear()


def versions_asked(
    toy: Assignment, mine: Path, nursery: Plain, monkeypatch: pytest.MonkeyPatch, quiet: int, *exercises: str
) -> list[set[str]]:
    """The misconceptions that the reference is asked for: before a first wrong answer to `energy`, and over it."""
    rounds: list[set[str]] = [set()]
    ask = Oracle._ask

    def noted(self: Oracle, question: Question, versions: tuple[str, ...]) -> Any:
        rounds[-1] |= {name for name in versions if name != "algebra#doubled"}
        return ask(self, question, versions)

    def saves() -> Iterator[set[Path]]:
        for _ in range(quiet):
            yield set()
        rounds.append(set())
        yield edited(mine / "algebra.py", "return (x * x).sum(), scale(x, 2)", "return (x * x).sum() + 1, scale(x, 2)")

    shown: list[Result] = []
    monkeypatch.setattr(Oracle, "_ask", noted)
    with Session(toy.course, toy, mine, mine, nursery) as session:
        watch(session, exercises, shown.append, lambda error: None, changes=saves())
    assert shown[-1].exercises[0].verdict.value == "wrong"
    return rounds


OWN, OF_SCALE = {"algebra.energy#no_two"}, {"algebra.scale#added", "algebra.scale#squared"}


def test_the_mistakes_of_what_was_right_before_are_not_looked_for(
    toy: Assignment, mine: Path, nursery: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert versions_asked(toy, mine, nursery, monkeypatch, 0) == [set(), OWN]


def test_mistakes_are_looked_for_where_nothing_is_known(
    toy: Assignment, mine: Path, nursery: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert versions_asked(toy, mine, nursery, monkeypatch, 0, "energy") == [set(), OWN | OF_SCALE]


def test_the_quiet_before_a_wrong_answer_is_used(
    toy: Assignment, mine: Path, nursery: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert versions_asked(toy, mine, nursery, monkeypatch, 20, "energy") == [OWN | OF_SCALE, set()]


def test_notebooks_are_watched_too(toy: Assignment, mine: Path, nursery: Plain) -> None:
    sources = [(mine / f"{name}.py").read_text() for name in toy.checks.modules]
    for name in toy.checks.modules:
        (mine / f"{name}.py").unlink()
    file = mine / "all.ipynb"

    def write(*cells: str) -> set[Path]:
        file.write_text(nbformat.writes(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])))
        return {file}

    def saves() -> Iterator[set[Path]]:
        yield write(sources[0], sources[1].replace("torch.rand(n) < p", "torch.rand(n) < p - 1"))

    write(*sources)
    first, *later = seen(toy, mine, nursery, saves())
    assert {verdict for _, verdict in first} == {"right"}
    assert later == [[("chance.coin", "wrong")]]


def test_only_what_was_asked_for_is_watched(toy: Assignment, mine: Path, nursery: Plain) -> None:
    def saves() -> Iterator[set[Path]]:
        yield edited(mine / "algebra.py", "return x * factor", "return x + factor")
        yield edited(mine / "chance.py", "torch.rand(n) < p", "torch.rand(n) < p - 1")

    assert seen(toy, mine, nursery, saves(), "coin") == [[("chance.coin", "right")], [("chance.coin", "wrong")]]


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
def test_it_stops_where_the_function_begins(toy: Assignment, mine: Path, nursery: Plain) -> None:
    told = debugged(toy, mine, "algebra.scale", "p tuple(x.shape), round(factor)", "c")
    assert "algebra.scale, case small: stops in algebra.py" in told
    assert "-> return x * factor" in told
    assert "((3, 4), " in told
    assert "out = Tensor(3, 4)" in told


@pytest.mark.usefixtures("clean")
def test_it_stops_where_the_function_fails(toy: Assignment, mine: Path, nursery: Plain) -> None:
    edited(mine / "algebra.py", "return x * factor", "wanted = 7\n    return x[wanted]")
    told = debugged(toy, mine, "algebra.scale", "c", "p wanted")
    assert "it raises IndexError" in told
    assert told.rstrip().endswith("(Pdb)") and "\n(Pdb) 7\n" in told


@pytest.mark.usefixtures("clean")
def test_what_is_not_there_cannot_be_debugged(toy: Assignment, mine: Path, nursery: Plain) -> None:
    edited(mine / "algebra.py", "def scale(", "def scales(")
    with pytest.raises(DebugError, match=r"algebra\.py does not define scale"):
        debugged(toy, mine, "algebra.scale")


def test_debug_takes_one_exercise() -> None:
    done = run("check", "t1", "--submission", "solutions/t1", "--debug")
    assert done.returncode == 2 and "--debug takes one exercise: -e scale" in done.stderr
