"""A module's notebook, made from the handout, the declaration, and what its author wrote to go with them.

The author's part is assignments/aN/notebooks/MODULE.py, in the percent format that editors and jupytext know:

    # %% [markdown]                 the comment lines that follow are text
    # %%                            code
    # %% [handout] knn.py / Votes   the section of the handout with this heading, of those in another section
    # %% [checks] NAME NAME         a cell that checks each of these exercises; without names: all that are left

    LessonError     the author's part asks for what there is not; the sentence names file and line
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.course import Assignment
from grader.errors import GraderError
from grader.spec import Exercise
from grader.spec.checks import Module

FOLDER = "notebooks"
MARK = re.compile(r"# %%(?: \[(\w+)\])?(.*)$")
HEADING = re.compile(r"(#+) +(.*?) *$")

SETUP = """\
# Once. In Colab: put the folder that you were given into your Google Drive, and say here where it lies there.
FOLDER = "grader"

import importlib.util
import os
import sys
from glob import glob

try:
    from google.colab import drive
except ImportError:
    pass  # this notebook runs on your own machine, in its folder
else:
    drive.mount("/content/drive")
    os.chdir(f"/content/drive/My Drive/{{FOLDER}}/{assignment}")
sys.path[:0] = ["../given", "."]
if importlib.util.find_spec("grader") is None:
    package = " ".join(glob("../grader-*.whl")) or "--requirement ../requirements.txt"
    %pip install --quiet {{package}}
%matplotlib inline
%load_ext autoreload
%autoreload 2
import matplotlib.pyplot as plt
import torch

import grader
import {module}"""

INTRODUCTION = """\
# {title}: `{module}.py`

You write `{module}.py`, the file beside this notebook, in your editor; in Colab a double click on it, in the list of
files, opens it. The cells below show the idea, and check your file as it is on disk: save it, and run a cell again. The
cells that draw with your code stop with `NotImplementedError` until you have written what they need.

Made by `grader stubs` from the handout and `{source}`: change those, not this."""


class LessonError(GraderError):
    """No notebook can be made."""


@dataclass(frozen=True)
class Part:
    """What stands between two marks; `line` is the mark's."""

    kind: str  # "markdown", "code", "handout", "checks"
    argument: str
    text: str
    line: int


def lesson_file(assignment: Assignment, module: str) -> Path | None:
    """The author's part of a module's notebook, where there is one."""
    file = assignment.folder / FOLDER / f"{module}.py"
    return file if file.is_file() else None


def lesson(assignment: Assignment, module: Module, file: Path) -> str:
    """The notebook as text, the same for the same sources. Raises LessonError."""
    nbformat: Any = importlib.import_module("nbformat")  # half a second
    v4: Any = importlib.import_module("nbformat.v4")
    source = f"{assignment.folder.name}/{FOLDER}/{file.name}"
    title = assignment.checks.title
    cells = [v4.new_markdown_cell(INTRODUCTION.format(title=title, module=module.name, source=source))]
    cells.append(v4.new_code_cell(SETUP.format(assignment=assignment.name, module=module.name)))
    left = list(module.exercises)
    parts = _parts(file)
    if not any(part.kind == "checks" and not part.argument for part in parts):
        parts.append(Part("checks", "", "", 0))
    for part in parts:
        if part.kind == "checks":
            for exercise in _chosen(part, left, file):
                left.remove(exercise)
                cells.append(v4.new_markdown_cell(_about(exercise)))
                cells.append(v4.new_code_cell(f'grader.check("{assignment.name}", "{_word(assignment, exercise)}")'))
        elif part.kind == "code":
            cells.append(v4.new_code_cell(part.text))
        else:
            text = part.text if part.kind == "markdown" else _section(assignment, part, file)
            cells.append(v4.new_markdown_cell(text))
    for i, cell in enumerate(cells):
        cell["id"] = hashlib.sha256(f"{i} {cell['source']}".encode()).hexdigest()[:8]
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "colab": {"name": f"{assignment.name}-{module.name}.ipynb", "provenance": []},
    }
    notebook = v4.new_notebook(cells=cells, metadata=about)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _parts(file: Path) -> list[Part]:
    """The author's part, cut at its marks; what stands above the first is for its readers. Raises LessonError."""
    parts: list[Part] = []
    kind, argument, begin, lines = "", "", 0, list[str]()

    def end() -> None:
        if kind:
            text = "\n".join(lines).strip("\n")
            if kind == "markdown":
                text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n"))
            parts.append(Part(kind, argument, text, begin))

    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        mark = MARK.match(line)
        if mark is None:
            lines.append(line)
            continue
        end()
        kind, argument, begin, lines = mark.group(1) or "code", mark.group(2).strip(), number, []
        if kind not in ("markdown", "code", "handout", "checks"):
            raise LessonError(f"{file}:{number}: there is no cell of the kind [{kind}]")
    end()
    return parts


def _chosen(part: Part, left: list[Exercise], file: Path) -> list[Exercise]:
    if not part.argument:
        return list(left)
    chosen = []
    for name in part.argument.split():
        found = next((exercise for exercise in left if exercise.name == name), None)
        if found is None:
            raise LessonError(f"{file}:{part.line}: there is no exercise {name} that is not checked above")
        chosen.append(found)
    return chosen


def _about(exercise: Exercise) -> str:
    """What an exercise is, what it is worth, and what is not allowed."""
    speed = f", {exercise.speed_points:g} of them for speed" if exercise.speed_points else ""
    lines = [f"**`{exercise.name}`** ({exercise.points:g} points{speed}): {exercise.title}."]
    lines += [f"- Rule: {rule.sentence}." for rule in exercise.rules]
    lines += [f"- Needs: {', '.join(f'`{need}`' for need in exercise.needs)}."] if exercise.needs else []
    return "\n".join([lines[0], "", *lines[1:]] if lines[1:] else lines)


def _word(assignment: Assignment, exercise: Exercise) -> str:
    """What the exercise is called in a check: its name, with the module where another module has the same."""
    alike = [one for one in assignment.checks.exercises if one.id.endswith(f".{exercise.name}")]
    return exercise.name if len(alike) == 1 else exercise.id


def _section(assignment: Assignment, part: Part, file: Path) -> str:
    """The handout's text from a heading to the next of its level. Raises LessonError."""
    handout = assignment.folder / "README.md"
    lines = handout.read_text(encoding="utf-8").splitlines() if handout.is_file() else []
    for heading in part.argument.split(" / "):
        lines = list(_below(lines, heading.strip()))
    if not lines:
        raise LessonError(f"{file}:{part.line}: the handout has no section called {part.argument!r}")
    return "\n".join(lines).strip()


def _below(lines: list[str], wanted: str) -> Iterator[str]:
    """The lines of the first section with this heading, which may be set as code."""
    level, fenced = 0, False
    for line in lines:
        fenced ^= line.startswith("```")
        heading = None if fenced else HEADING.match(line)
        if heading and level and len(heading.group(1)) <= level:
            return
        if heading and not level and heading.group(2).strip("`") == wanted:
            level = len(heading.group(1))
        if level:
            yield line
