"""A mistake in a checks file is one sentence that names file and line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.question import draw
from grader.spec import CheckError, load_checks

HEAD = """from grader.spec import Checks
checks = Checks("x", title="X")
m = checks.module("m")

@m.exercise("f", points=100{more})
def f(sub, x, y):
    \"\"\"What f is.\"\"\"
    return {{"out": sub.f(x, y)}}

@f.case
def one(draw):
    return dict(x=draw.normal(2), y=1)
"""

MISTAKES = {
    "points": (HEAD.format(more="").replace("100", "90"), 2, "the points of x add up to 90, not 100"),
    "unknown need": (HEAD.format(more=', needs=["g"]'), 5, "m.f needs m.g, which is no exercise"),
    "itself": (HEAD.format(more=', needs=["f"]'), 5, "m.f needs itself"),
    "no case": (HEAD.format(more="").partition("@f.case")[0], 5, "m.f has no public case"),
    "two cases of one name": (
        HEAD.format(more="") + "@f.case\ndef one(draw):\n    return {}\n",
        13,
        "a case named one",
    ),
    "worth": (HEAD.format(more="").replace("@f.case", "@f.case(worth=2)"), 10, "a share in (0, 1]"),
    "no description": (HEAD.format(more="").replace('    """What f is."""\n', ""), 5, "has no docstring"),
    "dtype": (HEAD.format(more=', dtype="float16"'), 5, "known are float64, float32"),
    "speed": (HEAD.format(more=", speed_points=10"), 5, "speed points and no timed case"),
    "limit": (HEAD.format(more="") + "@f.timed(at_most=0.5)\ndef big(draw, n=9):\n    return {}\n", 13, "limit of 0.5"),
    "size": (HEAD.format(more="") + "@f.timed(at_most=2)\ndef big(draw):\n    return {}\n", 13, "needs a size"),
    "false alarm": (
        HEAD.format(more="") + "@f.property(false_alarm=0.1)\ndef p(ref, answer, x, y):\n    yield\n",
        13,
        "a false-alarm probability of 0.1",
    ),
    "property's inputs": (
        HEAD.format(more="") + "@f.property()\ndef p(ref, answer, x):\n    yield\n",
        13,
        "p does not take the input y",
    ),
    "syntax": (HEAD.format(more="") + "def (:\n", 13, "does not parse"),
    "raises": (HEAD.format(more="") + "1 / 0\n", 13, "ZeroDivisionError"),
    "nothing": ("a = 1\n", 1, "declares no assignment"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_line_and_what(tmp_path: Path, mistake: str) -> None:
    text, line, words = MISTAKES[mistake]
    file = tmp_path / "checks.py"
    file.write_text(text)
    with pytest.raises(CheckError) as raised:
        load_checks(file)
    assert str(raised.value).startswith(f"{file}:{line}: "), str(raised.value)
    assert words in str(raised.value)


def test_a_correct_file_loads(tmp_path: Path) -> None:
    file = tmp_path / "checks.py"
    file.write_text(HEAD.format(more=""))
    assert [exercise.id for exercise in load_checks(file).exercises] == ["m.f"]


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("dict(x=draw.normal(2))", "the case one draws x; the ask takes x, y"),
        ("dict(x=1, y=1, z=1)", "the case one draws x, y, z"),
        ("1 / 0", "the case one cannot be drawn: division by zero"),
        ("(dict(x=1, y=1), dict(z=1))", "the case one keeps back z; the properties take nothing"),
    ],
)
def test_a_case_that_draws_something_else_is_named(tmp_path: Path, returned: str, words: str) -> None:
    file = tmp_path / "checks.py"
    file.write_text(HEAD.format(more="").replace("dict(x=draw.normal(2), y=1)", returned))
    exercise = load_checks(file)["m.f"]
    with pytest.raises(CheckError) as raised:
        draw(exercise, exercise.cases[0], b"secret", tmp_path)
    assert str(raised.value).startswith(f"{file}:10: {words}"), str(raised.value)


def test_a_mistake_in_the_hidden_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(HEAD.format(more=""))
    hidden = tmp_path / "hidden.py"
    hidden.write_text("from checks import f\n\n@f.case(worth=7)\ndef edge(draw):\n    return {}\n")
    with pytest.raises(CheckError, match=r"hidden\.py:3: the case edge is worth 7"):
        load_checks(tmp_path / "checks.py", hidden)


def test_what_is_declared_in_the_hidden_part_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(HEAD.format(more=""))
    hidden = tmp_path / "hidden.py"
    hidden.write_text("from checks import f\n\n@f.case\ndef edge(draw):\n    return {}\n")
    assert [case.hidden for case in load_checks(tmp_path / "checks.py", hidden)["m.f"].cases] == [False, True]
    assert [case.hidden for case in load_checks(tmp_path / "checks.py")["m.f"].cases] == [False]


def test_the_hidden_part_may_lie_in_several_files(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(HEAD.format(more=""))
    (tmp_path / "hidden.py").write_text("def inputs(draw):\n    return dict(x=draw.normal(2), y=1)\n")
    (tmp_path / "hidden_m.py").write_text(
        "from checks import f\nfrom hidden import inputs\n\n@f.case\ndef edge(draw):\n    return inputs(draw)\n"
    )
    loaded = load_checks(tmp_path / "checks.py", tmp_path / "hidden.py")
    assert [case.name for case in loaded["m.f"].cases if case.hidden] == ["edge"]
    assert not {"checks", "hidden", "hidden_m"} & set(sys.modules)
