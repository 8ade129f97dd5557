"""The commands, as a user runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import main
from grader.course import find_course
from grader.grading import find_submission
from grader.submission import SubmissionError
from tests.conftest import TOY


def run(*arguments: str, cwd: Path = TOY) -> subprocess.CompletedProcess[str]:
    """`grader ...` in a folder."""
    command = [sys.executable, "-m", "grader.cli", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "GRADER_COURSE"}
    if (cwd / "grader.toml").is_file():
        environment["GRADER_COURSE"] = str(cwd)
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment)


def test_everything_right_is_exit_code_0_and_the_record_is_whole(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    done = run("check", "t1", "--submission", "solutions/t1", "--json", str(record))
    assert done.returncode == 0, done.stderr
    assert "t1: 100 of 100 points, 5 of 5 exercises right" in done.stdout
    assert done.stderr == ""
    told = json.loads(record.read_text())
    assert (told["schema"], told["assignment"], told["points"], told["out_of"]) == (1, "t1", 100, 100)
    assert {one["verdict"] for one in told["exercises"]} == {"right"}
    assert list(tmp_path.iterdir()) == [record]


def test_stubs_score_nothing_and_say_not_attempted(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TOY, course)
    assert run("stubs", cwd=course).returncode == 0
    assert run("stubs", "--check", cwd=course).returncode == 0
    assert "BEGIN SOLUTION" not in (course / "assignments/t1/algebra.py").read_text()
    assert "helper" not in (course / "assignments/t1/algebra.py").read_text()
    done = run("check", "t1", cwd=course)
    assert done.returncode == 1
    assert "t1: 0 of 100 points" in done.stdout
    assert done.stdout.count("not attempted") == 5
    assert "Traceback" not in done.stdout + done.stderr
    (course / "assignments/t1/algebra.py").write_text("changed\n")
    stale = run("stubs", "--check", cwd=course)
    assert stale.returncode == 1
    assert "algebra.py" in stale.stderr


def test_the_current_folder_is_graded_where_a_module_lies_in_it(tmp_path: Path) -> None:
    mine = tmp_path / "t1"
    mine.mkdir()
    shutil.copy(TOY / "solutions/t1/chance.py", mine)
    environment = {**os.environ, "GRADER_COURSE": str(TOY)}
    command = [sys.executable, "-m", "grader.cli", "check", "t1"]
    done = subprocess.run(command, cwd=mine, capture_output=True, text=True, check=False, env=environment)
    assert "t1: 30 of 100 points" in done.stdout
    assert "there is no algebra.py in the submission" in done.stdout


def test_a_folder_without_any_module_is_told_and_no_other_is_graded(tmp_path: Path) -> None:
    for name in ("transformers.py", "rnn_lstm_captioning.py", "notes.txt"):
        (tmp_path / name).touch()
    done = run("check", "a5", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"grader: nothing of a5 to grade here: {tmp_path} has none of single_stage_detector.py, two_stage_detector.py; "
        "what lies here: rnn_lstm_captioning.py (of a4), transformers.py (of a7)\n"
    )


def test_what_lies_in_a_folder_is_told_where_nothing_can_be_graded(tmp_path: Path) -> None:
    shutil.copytree(TOY, tmp_path / "course")
    course = find_course(tmp_path / "course")
    toy = course.assignment("t1")
    shutil.copy(course.solutions / "t1" / "chance.py", toy.folder)
    for files, told in (
        ([], "; it is empty"),
        (["x.txt", "in/x"], "; what lies here: in/, x.txt"),
        (["my_algebra.py"], "algebra.py is missing, and this lies there: my_algebra.py; what lies here: my_algebra.py"),
    ):
        here = tmp_path / str(len(files))
        here.mkdir()
        for file in files:
            (here / file).parent.mkdir(exist_ok=True)
            (here / file).touch()
        with pytest.raises(SubmissionError) as caught:
            find_submission(course, toy, None, here)
        assert str(caught.value).endswith(told)
    (tmp_path / "notebook").mkdir()
    cells = [{"cell_type": "code", "metadata": {}, "source": "def coin(n, p):\n    return n", "outputs": []}]
    whole = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})
    (tmp_path / "notebook" / "Mine.IPYNB").write_text(whole)
    found = find_submission(course, toy, None, tmp_path / "notebook")
    assert set(found.cells) == {"chance"} and found.notes == ("Mine.IPYNB defines nothing of algebra.py",)
    stubs = find_submission(course, toy, None, toy.folder)
    assert stubs.folder == toy.folder and stubs.notes == ()
    for beside in (course.root, course.assignments):
        found = find_submission(course, toy, None, beside)
        assert found.folder == toy.folder and str(toy.folder) in found.notes[0]


def test_a_single_file_is_graded_alone() -> None:
    done = run("check", "t1", "--submission", "solutions/t1/chance.py")
    assert done.returncode == 0
    assert "t1: 30 of 30 points" in done.stdout


COULD_NOT = {
    "assignment": (("check", "t2"), "there is no assignment 't2'", "did you mean t1?"),
    "exercise": (
        ("check", "t1", "--submission", "solutions/t1", "-e", "enrgy"),
        "t1 has no exercise 'enrgy'",
        "did you mean energy?",
    ),
    "no such path": (("check", "t1", "--submission", "nowhere"), "there is nothing at", "nowhere"),
    "no module": (("check", "t1", "--submission", "solutions"), "has none of algebra.py, chance.py", ""),
    "another file": (("check", "t1", "--submission", "grader.toml"), "neither a folder nor a .py file", ""),
    "not a module": (("check", "t1", "--submission", "solutions/t1/hidden.py"), "hidden.py is not a module of", ""),
    "no gpu": (
        ("check", "t1", "--submission", "solutions/t1", "--device", "cuda"),
        "this machine has no NVIDIA GPU",
        "",
    ),
    "no gpu beside the cpu": (
        ("check", "t1", "--submission", "solutions/t1", "--device", "both"),
        "this machine has no NVIDIA GPU",
        "use --device cpu",
    ),
    "no gpu to prove anything on": (
        ("validate", "t1", "--device", "cuda"),
        "no CUDA device: this machine has no NVIDIA GPU",
        "",
    ),
}


@pytest.mark.parametrize("mistake", COULD_NOT)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(mistake: str) -> None:
    if mistake.startswith("no gpu") and Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has a GPU")
    arguments, sentence, hint = COULD_NOT[mistake]
    done = run(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr and hint in done.stderr
    assert "Traceback" not in done.stderr


WRITING = [
    ("check", "t9", "--json"),
    ("check", "t9", "--html"),
    ("export", "t9", "--format", "csv", "--out"),
    ("export", "t9", "--format", "canvas", "--out"),
    ("gradescope", "t9", "--out"),
    ("validate", "t9", "--report"),
]


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("none/such.json", "there is no folder to write this file into (none/such.json)"),
        ("folder", "this is a folder, and a file is to be written (folder)"),
        ("a_file/x", "Not a directory"),
    ],
)
def test_what_cannot_be_written_is_noticed_before_anything_else(
    command: tuple[str, ...], file: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "a_file").touch()
    done = CliRunner().invoke(main, [*command, file])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"grader: {sentence}") and len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a_file", "folder"]


def test_a_command_is_imported_when_it_is_run() -> None:
    code = """
import sys
import click
import grader.cli
assert not [name for name in sys.modules if name.startswith("grader.cli.")]
context = click.Context(grader.cli.main)
for name in ["check", *grader.cli.COMMANDS]:
    command = grader.cli.main.get_command(context, name)
    assert command.name == name, name
    if "grader.cli.batch" not in sys.modules:
        others = ("batch", "gradebook", "validate", "release", "stubs", "gradescope")
        assert not [room for room in others if f"grader.{room}" in sys.modules]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_course_is_said(tmp_path: Path) -> None:
    environment = {**os.environ, "GRADER_COURSE": str(tmp_path)}
    assert (tmp_path / "grader.toml").write_text("assignments = 3\n")
    command = [sys.executable, "-m", "grader.cli", "list"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert "assignments is the name of a folder, not 3" in done.stderr


def test_a_fault_of_the_reference_is_the_grader_s_and_exit_code_2(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TOY, course)
    file = course / "solutions/t1/algebra.py"
    file.write_text(file.read_text().replace("return x * factor", "return x * factors"))
    done = run("check", "t1", "--submission", str(TOY / "solutions/t1"), cwd=course)
    assert done.returncode == 2
    assert "the reference failed on algebra.scale, case small: algebra.py:" in done.stderr
    assert "grader fault" in done.stdout


def test_list_and_show() -> None:
    assert "t1  A toy  (5 exercises, algebra, chance)" in run("list").stdout
    shown = run("show", "t1").stdout
    assert "energy: Sum of squares, and its gradient" in shown
    assert "rule: no Python loop" in shown
    assert "also right: twice the sum of squares" in shown
