"""Notebooks that are handed in: what is kept of their cells, in which order, and what becomes of those that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import v2, v3, v4

from grader.course import Assignment
from grader.grading import check
from grader.judge import Options
from grader.notebook import Module, NotebookError, read_notebooks
from grader.submission import open_submission
from grader.worker.notebooks import MARK, guard
from grader.worker.notebooks.split import split
from tests.conftest import one
from tests.test_cli import run

WANTED = {"algebra": ["scale", "energy", "Counter"], "chance": ["sort_by_size", "coin"]}
ENERGY = "def energy(x):\n    return (x * x).sum(), scale(x, 2)"


def notebook(path: Path, *cells: str) -> Path:
    """A notebook of version 4 with these code cells."""
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells]), path)
    return path


def algebra(path: Path, *cells: str) -> Module:
    """The module that these cells make."""
    return read_notebooks([notebook(path / "mine.ipynb", *cells)], WANTED).modules["algebra"]


def values(source: str) -> dict[str, object]:
    """What a module defines, once it is executed."""
    space: dict[str, object] = {}
    guard.run(source.encode(), "/somewhere/algebra.py", space)
    return space


def test_definitions_imports_constants_and_bindings_are_kept_and_nothing_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    kept = algebra(
        tmp_path,
        "%matplotlib inline\n!wget http://example.org/x.zip\nfiles = !ls\nimport math\nfrom math import pi as PI",
        f"open({str(marker)!r}, 'w').close()\nprint('hello')\nHALF, names = 0.5, ['a', 'b']\nTWICE = HALF * 4",
        "class Counter:\n    pass",
        "def count(self, x):\n    return HALF + PI",
        "Counter.count = count\nsetattr(Counter, 'again', staticmethod(count))",
        "history = train(epochs=100)\nplt.plot(history)\nfor i in range(3):\n    best = i",
        "def scale(x, factor):\n    # mine\n    return x * factor  # times",
        "math.inf = 3\nif __name__ == '__main__':\n    raise SystemExit",
    )
    made = values(kept.source)
    assert not marker.exists()
    assert "# mine" in kept.source and "wget" not in kept.source and "train" not in kept.source
    assert (made["HALF"], made["names"], made["TWICE"]) == (0.5, ["a", "b"], 2.0)
    counter = made["Counter"]
    assert counter().count(None) == 0.5 + 3.141592653589793  # type: ignore[operator]
    assert "again" in vars(counter)  # type: ignore[arg-type]
    assert made["math"].inf == float("inf")  # type: ignore[attr-defined]
    assert {"history", "best"} <= {*kept.lost} and "HALF" not in kept.lost


def test_the_last_definition_wins_and_cells_may_stand_in_any_order(tmp_path: Path) -> None:
    kept = algebra(
        tmp_path,
        "Linear.forward = linear_forward\nBOTH = (FIRST, SECOND)",
        "class Linear(Base):\n    size = FIRST",
        "class Base:\n    pass",
        "def scale(x, factor):\n    raise NotImplementedError",
        "def linear_forward(x=FIRST):\n    return x",
        "FIRST = 1\nSECOND = 2",
        "def scale(x, factor):\n    return x * factor",
        "SECOND = 3",
    )
    made = values(kept.source)
    assert made["scale"](2, 3) == 6  # type: ignore[operator]
    assert made["BOTH"] == (1, 3)
    assert made["Linear"].forward() == 1  # type: ignore[attr-defined]


def test_what_cannot_be_had_fails_when_it_is_called_and_not_before(tmp_path: Path) -> None:
    kept = algebra(
        tmp_path,
        "device = find_device()",
        "def scale(x, factor=device):\n    return x * factor",
        "def energy(x):\n    return x +",
        "class Counter:\n    def broken(self:\n        pass\n\ndef works(): return 1",
        "half_typed(\ndef also_works():\n    return 2",
    )
    made = values(kept.source)
    assert made["works"]() == 1 and made["also_works"]() == 2  # type: ignore[operator]
    with pytest.raises(NameError, match="name 'device' is not defined"):
        made["scale"](1)  # type: ignore[operator]
    assert made["scale"](3, 2) == 6  # type: ignore[operator]
    assert "device" in kept.lost
    with pytest.raises(SyntaxError, match="invalid syntax"):
        made["energy"](1)  # type: ignore[operator]
    with pytest.raises(SyntaxError):
        made["Counter"]()  # type: ignore[operator]
    line = next(i for i, text in enumerate(kept.source.splitlines(), 1) if "raise SyntaxError" in text)
    assert kept.place(line) == "cell 3, line 2"


def test_a_line_that_begins_with_a_percent_sign_may_be_formatting() -> None:
    _, statements = split("%time f()\nprint('%d %d'\n      % (1, 2))\ntext = '''\n%no magic\n'''\n!ls \\\n  -l\nx?")
    assert len(statements) == 6  # pass, print, text, pass, pass (the line that goes on), pass
    _, statements = split("if True:\n    !ls\n    %cd x\ny = 3 \\\n  % 2")
    assert len(statements) == 2


VERSIONS = {
    "1": lambda code: json.dumps({"nbformat": 1, "cells": [{"cell_type": "code", "code": code}]}),
    "2": lambda code: v2.nbjson.writes(
        v2.new_notebook(worksheets=[v2.new_worksheet(cells=[v2.new_code_cell(input=code)])])
    ),
    "3": lambda code: v3.nbjson.writes(
        v3.new_notebook(worksheets=[v3.new_worksheet(cells=[v3.new_code_cell(input=code)])])
    ),
    "4": lambda code: v4.nbjson.writes(v4.new_notebook(cells=[v4.new_markdown_cell("#"), v4.new_code_cell(code)])),
    "colab, a byte order mark, NaN": lambda code: (
        "\ufeff"
        + json.dumps(
            {
                "metadata": {"colab": {"provenance": []}},
                "cells": [
                    {
                        "cell_type": "code",
                        "source": code.splitlines(True),
                        "outputs": [{"data": {"x": float("nan")}, "text": "\ud800"}],
                    }
                ],
                "nbformat": 4,
                "nbformat_minor": 0,
            }
        )
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_the_format_is_read(version: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.ipynb"
    file.write_text(VERSIONS[version](ENERGY), encoding="utf-8")
    found = read_notebooks([file], WANTED)
    assert list(found.modules) == ["algebra"]
    assert found.modules["algebra"].source == f"{MARK}\n{ENERGY}\n"


NOT_NOTEBOOKS = {
    "nothing": (b"", "is empty"),
    "cut off": (b'{"cells": [{"cell_type": "code", "source": "x', "is not JSON: .* in line 1, column 44"),
    "a list": (b"[1, 2]", "is no notebook"),
    "another object": (b'{"a": 1}', "it has neither cells nor worksheets"),
    "deep": (b"[" * 200_000, "deeply nested|is not JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "is not JSON"),
    "cells of numbers": (b'{"cells": [1, 2]}', "is no notebook"),
}


@pytest.mark.parametrize("what", NOT_NOTEBOOKS)
def test_what_is_no_notebook_is_one_sentence(what: str, tmp_path: Path) -> None:
    data, sentence = NOT_NOTEBOOKS[what]
    (tmp_path / "mine.ipynb").write_bytes(data)
    with pytest.raises(NotebookError, match=sentence):
        read_notebooks([tmp_path / "mine.ipynb"], WANTED)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "mine.ipynb")
    with pytest.raises(NotebookError, match="it is no plain file"):
        read_notebooks([tmp_path / "mine.ipynb"], WANTED)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_outputs_of_100_mb_are_not_held(tmp_path: Path) -> None:
    file = tmp_path / "mine.ipynb"
    with file.open("w") as out:
        out.write('{"cells": [{"cell_type": "code", "outputs": [{"data": {"image/png": "')
        for _ in range(100):
            out.write("iVBORw0K" * (1 << 17))
        out.write('"}}], "source": ' + json.dumps(ENERGY) + "}]}")
    assert file.stat().st_size > 100 << 20
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom grader.notebook import read_notebooks\n"
        f"found = read_notebooks([Path({str(file)!r})], {WANTED!r})\nassert 'energy' in found.modules['algebra'].source\n"
        # What a process has held at most since it began: ru_maxrss would tell of the one that started it.
        "own = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM:'))\n"
        "print(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    judge, reader = (int(word) << 10 for word in done.stdout.split())
    assert judge < 100 << 20  # the judge holds none of it
    assert reader < (100 << 20) + (160 << 20)  # the pages of the file are mapped; there is no second copy of them


def test_the_notebook_with_most_of_a_module_counts(tmp_path: Path) -> None:
    whole = notebook(tmp_path / "a.ipynb", "def scale(x, factor):\n    return 1", ENERGY, "class Counter: pass")
    part = notebook(tmp_path / "b.ipynb", "def scale(x, factor):\n    return 2", "def coin(n, p):\n    return 3")
    found = read_notebooks([whole, part], WANTED)
    assert list(found.modules) == ["algebra", "chance"]
    assert values(found.modules["algebra"].source)["scale"](0, 0) == 1  # type: ignore[operator]
    assert values(found.modules["chance"].source)["scale"](0, 0) == 2  # type: ignore[operator]
    assert found.modules["algebra"].place(2) == "cell 1 of a.ipynb, line 1"


def test_a_cell_that_writes_the_module_is_the_module(tmp_path: Path) -> None:
    kept = algebra(tmp_path, "%%writefile algebra.py\nimport math\n" + ENERGY, "%%bash\nrm -rf x", "%%time\nA = 1")
    assert "def energy" in kept.source and "rm -rf" not in kept.source


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abx=.()[]{}'\"%!?\\\n #:@1defclas", max_size=120))
def test_any_text_is_split(text: str) -> None:
    lines, statements = split(text)
    assert all(1 <= (s.line if hasattr(s, "problem") else s.lineno) <= len(lines) for s in statements)


# -- graded ------------------------------------------------------------------------------------------------------------


def test_check_takes_a_notebook_and_names_its_cells(toy: Assignment, tmp_path: Path) -> None:
    file = notebook(
        tmp_path / "mine.ipynb",
        "%pip install torch\nimport torch",
        "rate = float(input())",
        "def energy(x):\n    return (x * x).sum(), scale(x, 2)\n\ndef scale(x, factor):\n    return x * rate",
        "class Counter: pass\ndef init(self, above):\n    self.above = above\n"
        "def count(self, x):\n    raise ValueError('no')\n\nCounter.__init__ = init; Counter.count = count",
    )
    result = check(toy, open_submission(file, toy.checks.modules), Options())
    assert [module.name for module in result.modules] == ["algebra"]
    scale, count = one(result, "scale"), one(result, "count")
    assert scale.sentence == "it raises NameError: name 'rate' is not defined (cell 3, line 5)"
    assert any("`rate` is a variable that the notebook computes" in note for note in scale.notes)
    assert "cell 4, line 5" in (count.sentence or "")
    assert result.submission == "mine.ipynb"


def test_rules_name_cells(toy: Assignment, tmp_path: Path) -> None:
    loop = "def energy(x):\n    total = 0\n    for row in x:\n        total = total + (row * row).sum()\n    return total, 2 * x"
    file = notebook(tmp_path / "mine.ipynb", "1 + 1", loop)
    energy = one(check(toy, open_submission(file, toy.checks.modules), Options()), "energy")
    assert energy.verdict == "broke_rule"
    assert "a `for` loop in cell 2, line 3" in (energy.sentence or "")


def test_a_folder_of_notebooks_and_files(toy: Assignment, tmp_path: Path) -> None:
    notebook(tmp_path / "first.ipynb", (toy.solution / "algebra.py").read_text())
    (tmp_path / "chance.py").write_bytes((toy.solution / "chance.py").read_bytes())
    (tmp_path / "broken.ipynb").write_text("{")
    submission = open_submission(tmp_path, toy.checks.modules)
    assert submission.notes == (
        "broken.ipynb is not JSON: expecting property name enclosed in double quotes in line 1, column 2",
    )
    assert check(toy, submission, Options()).points == 100


def test_the_command_takes_notebooks(tmp_path: Path, toy: Assignment) -> None:
    file = notebook(tmp_path / "mine.ipynb", (toy.solution / "chance.py").read_text())
    done = run("check", "t1", "--submission", str(file))
    assert done.returncode == 0, done.stderr
    assert "t1: 30 of 30 points" in done.stdout
    none = run("check", "t1", "--submission", str(notebook(tmp_path / "none.ipynb", "x = 1")))
    assert none.returncode == 2
    assert "none.ipynb defines none of this assignment's functions: scale, energy" in none.stderr
