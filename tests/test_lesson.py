"""The notebooks, made from their sources; and what a check shows in one. test_lesson_long runs them all."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.api import Report
from grader.course import Assignment, find_course
from grader.lesson import LessonError, lesson, lesson_file
from grader.session import Session
from grader.stubs import stale
from tests.conftest import ROOT, TOY
from tests.notebooks import run_all
from tests.test_cli import run

COURSE = find_course(ROOT)

AUTHORED = '''"""For readers of this file."""

# %% [markdown]
# # Sums
#
# A formula: $x^2$

# %%
print("an experiment")

# %% [handout] Squares / Energy

# %% [checks] energy

# %%
algebra.scale(torch.ones(2), 3)
'''

HANDOUT = """# T1

## Lines

### Energy

Not this one.

## Squares

### Energy

The sum of squares.

```
# no heading
```

#### Detail

More.

### Next
"""


@pytest.fixture
def course(tmp_path: Path) -> Assignment:
    """The toy with an authored notebook and a handout."""
    shutil.copytree(TOY, tmp_path / "toy")
    folder = tmp_path / "toy/assignments/t1"
    (folder / "notebooks").mkdir()
    (folder / "notebooks/algebra.py").write_text(AUTHORED)
    (folder / "README.md").write_text(HANDOUT)
    return find_course(tmp_path / "toy").assignment("t1")


def made(assignment: Assignment) -> Any:
    """The notebook about algebra."""
    file = lesson_file(assignment, "algebra")
    assert file is not None
    return nbformat.reads(lesson(assignment, assignment.checks.modules["algebra"], file), as_version=4)


def test_a_notebook_is_made_of_what_is_declared_and_written(course: Assignment) -> None:
    notebook = made(course)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells]
    assert sources[2] == "# Sums\n\nA formula: $x^2$"
    assert sources[3] == 'print("an experiment")'
    assert sources[4] == "### Energy\n\nThe sum of squares.\n\n```\n# no heading\n```\n\n#### Detail\n\nMore."
    assert sources[5].startswith("**`energy`** (30 points): Sum of squares, and its gradient.")
    assert "- Rule: no Python loop" in sources[5] and "- Needs: `algebra.scale`." in sources[5]
    assert sources[6] == 'grader.check("t1", "energy")'
    assert sources[7] == "algebra.scale(torch.ones(2), 3)"
    assert [text for text in sources[8:] if text.startswith("grader")] == [
        'grader.check("t1", "scale")',
        'grader.check("t1", "Counter.count")',
    ]
    assert lesson(course, course.checks.modules["algebra"], course.folder / "notebooks/algebra.py") == lesson(
        course, course.checks.modules["algebra"], course.folder / "notebooks/algebra.py"
    )


MISTAKES = {
    "# %% [handout] Cubes": r"algebra\.py:1: the handout has no section called 'Cubes'",
    "# %% [checks] enrgy": r"algebra\.py:1: there is no exercise enrgy that is not checked above",
    "#\n# %% [figure]": r"algebra\.py:2: there is no cell of the kind \[figure\]",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_what_an_author_asks_for_and_there_is_not_is_one_sentence(text: str, course: Assignment) -> None:
    (course.folder / "notebooks/algebra.py").write_text(text + "\n")
    with pytest.raises(LessonError, match=MISTAKES[text]):
        made(course)


def test_stubs_makes_notebooks_and_says_when_they_are_old(course: Assignment) -> None:
    root = course.course.root
    assert run("stubs", cwd=root).returncode == 0
    assert run("stubs", "--check", cwd=root).returncode == 0
    file = course.folder / "notebooks/algebra.py"
    file.write_text(file.read_text().replace("an experiment", "another"))
    old = run("stubs", "--check", cwd=root)
    assert old.returncode == 1 and "algebra.ipynb" in old.stderr


@pytest.mark.parametrize("name", COURSE.names())
def test_every_module_has_a_notebook_and_it_is_up_to_date(name: str) -> None:
    assignment = COURSE.assignment(name)
    assert all(lesson_file(assignment, module) for module in assignment.checks.modules)
    assert stale(assignment) == []


def test_a_notebook_runs_beside_its_module(course: Assignment, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(course.solution / "algebra.py", mine)
    notebook = run_all(made(course), mine, course.course.root)
    outputs = {cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    assert outputs['print("an experiment")'][0]["text"] == "an experiment\n"
    html = outputs['grader.check("t1", "energy")'][0]["data"]["text/html"]
    assert "<code>energy</code>" in html and ">right</b>" in html and "30 of 30 points" in html


NOTEBOOKS = sorted(COURSE.assignments.glob("*/*.ipynb"))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_notebook_opens_in_colab(file: Path) -> None:
    notebook = nbformat.reads(file.read_text(encoding="utf-8"), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4 and notebook.nbformat_minor <= 5
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.colab == {"name": f"{file.parent.name}-{file.stem}.ipynb", "provenance": []}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert 'drive.mount("/content/drive")' in code[0].source and f"/{file.parent.name}" in code[0].source
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    for cell in notebook.cells:  # of what lies beside a notebook, Colab shows and finds nothing by itself
        if cell.cell_type == "markdown":
            beside = re.findall(r"!\[[^\]]*\]\((?!https?:|data:)|<img[^>]*src=.(?!https?:|data:)", cell.source)
            assert beside == [] and not cell.get("attachments")


FAKE_DRIVE = """
import os

change = os.chdir


def mount(point):
    print("mounted", point)
    os.chdir = lambda path: change(str(path).replace("/content/drive/My Drive", os.environ["FAKE_DRIVE"]))
"""
WITHOUT_GRADER = """
import importlib.util

importlib.util.find_spec = lambda name: None
get_ipython().register_magic_function(lambda line: print("pip", line), "line", "pip")
"""


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `google.colab` is to a notebook, and a Drive; the folder where notebooks run there."""
    package = tmp_path / "fake/google/colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").touch()
    (package / "drive.py").write_text(FAKE_DRIVE)
    (tmp_path / "content").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fake"))
    monkeypatch.setenv("FAKE_DRIVE", str(tmp_path / "My Drive"))
    return tmp_path / "content"


def test_the_first_cell_sets_up_colab(course: Assignment, colab: Path) -> None:
    mine = colab.parent / "My Drive/grader"
    shutil.copytree(course.course.root / "assignments", mine)
    shutil.copy(course.solution / "algebra.py", mine / "t1")
    (mine / "given").mkdir()
    (mine / "given/helper.py").write_text("THERE = True\n")
    notebook = made(course)
    setup = notebook.cells[1]
    cells = (
        WITHOUT_GRADER,
        setup.source,
        'open("../grader-0.1.0-py3-none-any.whl", "w").close()',
        setup.source,
        "import helper; print(os.getcwd(), algebra.__file__, helper.THERE)",
        'grader.check("t1", "energy").right',
    )
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    told = [
        "".join(out.get("text", "") or out["data"]["text/plain"] for out in cell.outputs).splitlines()[:2]
        for cell in run_all(notebook, colab, course.course.root).cells
    ]
    assert told == [
        [],
        ["mounted /content/drive", "pip install --quiet --requirement ../requirements.txt"],
        [],
        ["mounted /content/drive", "pip install --quiet ../grader-0.1.0-py3-none-any.whl"],
        [f"{mine / 't1'} {mine / 't1/algebra.py'} True"],
        ["True"],
    ]


def test_what_a_cell_shows_is_escaped(course: Assignment, tmp_path: Path) -> None:
    (tmp_path / "algebra.py").write_text(
        "def scale(x, factor):\n    print('<b>bold')\n    raise ValueError('<script>')\n"
    )
    with Session(course.course, course, tmp_path, tmp_path) as session:
        report = Report(session.check(["scale"]))
    html = report._repr_html_()
    assert "&lt;script&gt;" in html and "<script" not in html and "<b>bold" not in html
    assert "it raises ValueError" in repr(report) and not report.right
