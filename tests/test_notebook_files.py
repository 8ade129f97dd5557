"""Which files count where notebooks are handed in: several for one module, neighbours that are imported, stubs beside
what is filled in, and notebooks under other names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.grading import check
from grader.judge import Options
from grader.notebook import holes, is_disguised, read_notebooks
from grader.submission import Limits, SubmissionError, open_submission
from grader.submission.scripts import imported_by, most_written
from grader.submission.tidy import prepare
from grader.worker.notebooks import given
from grader.worker.notebooks.cells import cell_magic
from grader.worker.notebooks.guard import why_lost
from tests.conftest import one
from tests.test_notebook import ENERGY, WANTED, algebra, notebook, values

SCALE = "def scale(x, factor):\n    return x * factor"
COUNTER = (
    "class Counter:\n    def __init__(self, above):\n        self.above = above\n\n"
    "    def count(self, x):\n        return int((x > self.above).sum())"
)
STUB = "def scale(x, factor):\n    raise NotImplementedError\n\n\ndef energy(x):\n    raise NotImplementedError\n"
PASSES = 'def scale(x, factor):\n    y = None\n    # Replace "pass" statement\n    pass\n    return y\n'

WRITTEN = {
    "%%writefile algebra.py": ("algebra", False),
    "%%writefile 'algebra.py'": ("algebra", False),
    '%%writefile "/content/drive/My Drive/a 3/algebra.py"': ("algebra", False),
    "%%writefile -a algebra.py": ("algebra", True),
    "%%writefile --append algebra.py": ("algebra", True),
    "%%writefile algebra.py -a": ("algebra", True),
    "%%file  ./algebra.py ": ("algebra", False),
    "%%writefile {GOOGLE_DRIVE_PATH}/algebra.py": ("algebra", False),
    "%%writefile $folder/algebra.py": ("algebra", False),
    r"%%writefile My\ Drive/algebra.py": ("algebra", False),
    "%%writefile C:\\work\\algebra.py": ("algebra", False),
    "%%writefile 'it is not closed/algebra.py": ("algebra", False),
    "%%writefile notes.txt": ("", False),
    "%%writefile": ("", False),
    "%%writefile algebra.py.bak": ("", False),
}


@pytest.mark.parametrize("line", WRITTEN)
def test_writefile_is_read_as_ipython_reads_it(line: str) -> None:
    found = cell_magic(f"\n{line}\nX = 1")
    assert (found.writes, found.appends) == WRITTEN[line]
    assert ("X = 1" in found.source) is bool(found.writes)


def test_what_is_appended_is_added_and_what_is_written_again_replaces(tmp_path: Path) -> None:
    kept = algebra(
        tmp_path,
        "%%writefile algebra.py\nOLD = 1",
        "%%writefile algebra.py\ndef scale(x, factor):\n    return x",
        f"%%writefile -a algebra.py\n{ENERGY}",
    )
    assert {"scale", "energy"} <= values(kept.source).keys() and "OLD" not in kept.source


@pytest.mark.parametrize("other", ["algebra_old", "algebra_v1", "Copy of algebra", "aa", "zz"])
def test_of_two_notebooks_the_one_that_bears_the_name_counts(other: str, tmp_path: Path) -> None:
    two = [
        notebook(tmp_path / f"{other}.ipynb", "def scale(x, factor):\n    return 'old'", ENERGY, "OLD = 1"),
        notebook(tmp_path / "algebra.ipynb", "def scale(x, factor):\n    return 'new'"),
    ]
    for files in (two, two[::-1]):
        found = read_notebooks(files, WANTED)
        made = values(found.modules["algebra"].source)
        assert made["scale"](0, 0) == "new"  # type: ignore[operator]
        assert "energy" in made  # nobody else has it
    whole = notebook(tmp_path / "algebra.ipynb", SCALE, ENERGY)
    found = read_notebooks([two[0], whole], WANTED)
    assert "OLD" not in found.modules["algebra"].source
    assert found.problems == (f"algebra.ipynb counts for algebra, and {other}.ipynb is left aside",)


def test_a_notebook_that_is_not_filled_in_gives_way_to_a_copy_that_is(tmp_path: Path) -> None:
    empty = notebook(tmp_path / "algebra.ipynb", STUB)
    filled = notebook(tmp_path / "Copy of algebra.ipynb", SCALE, ENERGY)
    made = values(read_notebooks([empty, filled], WANTED).modules["algebra"].source)
    assert made["scale"](2, 3) == 6  # type: ignore[operator]


@pytest.mark.parametrize("stub", [STUB, PASSES], ids=["raises", "passes"])
def test_a_stub_gives_way_to_a_filled_notebook_and_what_is_written_does_not(
    stub: str, toy: Assignment, tmp_path: Path
) -> None:
    (tmp_path / "algebra.py").write_text(stub)
    (tmp_path / "chance.py").write_text("x = 1\n")
    notebook(tmp_path / "mine.ipynb", SCALE, ENERGY)
    opened = open_submission(tmp_path, toy.checks.modules)
    assert "x * factor" in (opened.folder / "algebra.py").read_text()
    assert opened.notes == ("algebra.py is not filled in: mine.ipynb counts",)
    (tmp_path / "target").mkdir()
    prepared = prepare("ada", [("ada", tmp_path)], toy.checks.modules, tmp_path / "target")
    assert "x * factor" in (prepared.submission.folder / "algebra.py").read_text()
    assert "algebra.py is not filled in: mine.ipynb counts" in prepared.notes
    (tmp_path / "algebra.py").write_text(f"{SCALE}\n\n\n{ENERGY}\n\n\nclass Half:\n    pass\n")
    assert open_submission(tmp_path, toy.checks.modules).folder == tmp_path
    notebook(tmp_path / "mine.ipynb", STUB)
    (tmp_path / "algebra.py").write_text(f"{SCALE}\n\n\ndef energy(x):\n    raise NotImplementedError\n")
    assert not open_submission(tmp_path, toy.checks.modules).cells


def test_a_stub_above_a_finished_copy(toy: Assignment, tmp_path: Path) -> None:
    mine, target = tmp_path / "ada", tmp_path / "target"
    (mine / "final").mkdir(parents=True)
    target.mkdir()
    (mine / "algebra.py").write_text(STUB)
    (mine / "final" / "algebra.py").write_text(f"from tools import ONE\n{SCALE}\n{ENERGY}\n")
    (mine / "final" / "tools.py").write_text("ONE = 1\n")
    found = prepare("ada", [("ada", mine)], toy.checks.modules, target)
    assert found.submission.folder == target / "final"
    assert any("algebra.py is left aside" in note for note in found.notes)
    assert most_written([mine / "final" / "algebra.py", mine / "algebra.py"]) == mine / "final" / "algebra.py"


EXPORTS = {
    "saved as .py": json.dumps(
        {"cells": [{"cell_type": "code", "source": f"!pip install x\n{SCALE}\n{ENERGY}\nscale(1)"}], "nbformat": 4}
    ),
    "of Jupyter": "#!/usr/bin/env python\n# coding: utf-8\n\n# # Title\n\n# In[1]:\n\n\nget_ipython().run_line_magic("
    f"'matplotlib', 'inline')\nget_ipython().system('pip install x')\n\n\n# In[ ]:\n\n\n{SCALE}\n{ENERGY}\nscale(1)\n",
    "of Colab": '# -*- coding: utf-8 -*-\n"""algebra.ipynb\n\nAutomatically generated by Colab.\n\nOriginal file is located '
    f'at\n    https://example.org/x\n"""\n\n!pip install x\n# %matplotlib inline\n{SCALE}\n{ENERGY}\nscale(1)\n',
    "of VS Code": f"# %% [markdown]\n# Title\n# %%\n%matplotlib inline\n{SCALE}\n# %%\n{ENERGY}\nscale(1)\n",
    "with a shell line": f"!pip install x\n{SCALE}\n{ENERGY}\nscale(1)\n",
    "with a byte order mark": f"\ufeff# In[1]:\nget_ipython().magic('time')\n{SCALE}\n{ENERGY}\nscale(1)\n",
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_notebook_in_disguise_is_read_as_one(kind: str, toy: Assignment, tmp_path: Path) -> None:
    file = tmp_path / "algebra.py"
    file.write_text(EXPORTS[kind], encoding="utf-8")
    for path in (file, tmp_path):
        opened = open_submission(path, toy.checks.modules)
        kept = opened.cells["algebra"]
        assert {"scale", "energy"} <= values((opened.folder / "algebra.py").read_text()).keys()
    (tmp_path / "target").mkdir()
    prepared = prepare("ada", [("algebra.py", file)], toy.checks.modules, tmp_path / "target")
    assert prepared.submission.cells["algebra"].source == kept.source
    number = next(i for i, line in enumerate(kept.source.splitlines(), 1) if "def energy" in line)
    if kind != "saved as .py":
        line = next(i for i, line in enumerate(EXPORTS[kind].splitlines(), 1) if "def energy" in line)
        assert kept.place(number) == f"algebra.py, line {line}"


def test_a_module_that_is_none_in_disguise_is_taken_as_it_is(toy: Assignment, tmp_path: Path) -> None:
    (tmp_path / "algebra.py").write_text(f"TEXT = 'percent' \\\n    '%s' % 3\n# %d In [1] !x\n{SCALE}\n{ENERGY}\n")
    (tmp_path / "chance.py").write_text("x = 1\n")
    assert open_submission(tmp_path, toy.checks.modules).folder == tmp_path


def test_a_notebook_imports_from_another(toy: Assignment, tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    notebook(tmp_path / "before" / "tools.ipynb", "DEEP = 2\ndata = load()", "from more import MORE")
    (tmp_path / "more.py").write_text("MORE = 3\n")
    notebook(tmp_path / "chance.ipynb", "def sort_by_size(x):\n    return sorted(x)\nANY = 5")
    notebook(
        tmp_path / "algebra.ipynb",
        "import import_ipynb\nfrom ipynb.fs.full.chance import ANY\n%run before/tools.ipynb",
        "def scale(x, factor):\n    return x * factor * ANY / 5 * DEEP / 2 * MORE / 3",
        ENERGY,
    )
    for path in (tmp_path, tmp_path / "algebra.ipynb"):
        opened = open_submission(path, toy.checks.modules)
        assert opened.modules == (("algebra", "chance") if path is tmp_path else ("algebra",))
        if path is tmp_path:
            assert one(check(toy, opened, Options()), "scale").verdict == "right"
        else:
            assert (opened.folder / "chance.py").is_file()


def test_what_is_imported_and_was_not_handed_in_is_lost_and_nothing_else(toy: Assignment, tmp_path: Path) -> None:
    file = notebook(
        tmp_path / "algebra.ipynb",
        "from chance import coin, sort_by_size\nfrom chance import *",
        SCALE,
        "def energy(x):\n    coin(3, 0.5)\n    return (x * x).sum(), 2 * x",
        "class Counter(coin):\n    pass",
    )
    result = check(toy, open_submission(file, toy.checks.modules), Options())
    assert one(result, "scale").verdict == "right"
    why = "cell 1, line 1, imports `chance`, which is not in the submission"
    assert one(result, "energy").sentence == f"it raises NameError: name 'coin' is not defined: {why} (cell 3, line 2)"
    assert why in (one(result, "count").sentence or "")


def test_a_large_notebook_is_graded_in_a_batch_too(toy: Assignment, tmp_path: Path) -> None:
    mine, target = tmp_path / "ada", tmp_path / "target"
    mine.mkdir()
    target.mkdir()
    file = notebook(mine / "algebra.ipynb", SCALE, ENERGY)
    told = json.loads(file.read_text())
    told["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "iVBORw0K" * (20 << 17)}]
    file.write_text(json.dumps(told))
    assert file.stat().st_size > Limits().file
    found = prepare("ada", [("ada", mine)], toy.checks.modules, target)
    assert found.submission.modules == ("algebra",)
    assert found.notes == ("algebra.ipynb defines nothing of chance.py",)
    (target / "again").mkdir()
    with pytest.raises(SubmissionError, match=r"algebra\.py or chance\.py is asked for"):
        prepare("ada", [("ada", mine)], toy.checks.modules, target / "again", Limits(notebook=1 << 20))


BLANKS = {"blank lines": "\n" * 10**6, "blanks": " " * 10**6, "names": "a " * 500_000, "colons": ": " * 500_000}


@pytest.mark.parametrize("of", BLANKS)
def test_no_file_takes_long_to_be_looked_at(of: str, tmp_path: Path) -> None:
    (tmp_path / "algebra.py").write_text(BLANKS[of])
    assert not is_disguised(tmp_path / "algebra.py") and not holes(tmp_path / "algebra.py")
    assert imported_by([BLANKS[of]], [tmp_path / "algebra.py"]) == []


def test_a_pipe_beside_a_stub_is_not_waited_for(toy: Assignment, tmp_path: Path) -> None:
    (tmp_path / "algebra.py").write_text(STUB)
    (tmp_path / "chance.py").write_text("x = 1\n")
    os.mkfifo(tmp_path / "mine.ipynb")
    assert open_submission(tmp_path, toy.checks.modules).folder == tmp_path


def test_what_a_neighbour_would_give_is_taken_from_the_courses_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "some_helper.py").write_text("def plot_stats(): return 7\n\nLIMIT = 8\n")
    monkeypatch.syspath_prepend(str(tmp_path / "given"))
    monkeypatch.setattr(given, "folder", tmp_path / "given")
    kept = algebra(
        tmp_path,
        "from not_handed_in import plot_stats, LIMIT as most",
        "from chance_of_mine import plot_stats as plot, coin",
        SCALE,
        "def energy(x): return coin",
    )
    made = values(kept.source)
    assert (made["plot_stats"](), made["plot"](), made["most"]) == (7, 7, 8)  # type: ignore[operator]
    assert "coin" not in made and "cell 2" in (kept.place(3) or "")
    assert "line 3, imports `chance_of_mine`, which is not in the submission" in why_lost(
        "/somewhere/algebra.py", "coin"
    )
    told = capsys.readouterr().out
    assert "`plot_stats` is taken from the course's some_helper: `not_handed_in` does not have it here" in told
