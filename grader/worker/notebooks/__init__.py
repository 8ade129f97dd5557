"""Notebooks that are handed in, read as modules: what a student defines in cells, and none of what the cells run.

`python -m grader.worker.notebooks` reads files that are open already, in a process with little memory and time, and
writes what it found. It runs nothing of what it reads.
"""

from __future__ import annotations

import msgspec

MARK = "# Made of cells: each statement runs by itself, see grader.worker.notebooks.guard."


class Reading(msgspec.Struct):
    """What is to be read: open files by number and what they are called, and the names that each module of the
    assignment defines. Files from `neighbours` on are read for the sake of who imports from them."""

    files: list[int]
    names: list[str]
    modules: dict[str, list[str]]
    neighbours: int


class Lines(msgspec.Struct, array_like=True):
    """Where some lines of a source come from. All numbers but the notebook's count from 1."""

    first: int  # in the source
    count: int
    notebook: int  # the position of its file
    cell: int
    line: int  # in the cell


class Lost(msgspec.Struct, array_like=True):
    """A variable that is not there, since no cell is run, and the statement that would give it. `reads`: another one
    that it is made of and that is not there either; "" where it is computed from what is there."""

    name: str
    notebook: int
    cell: int
    line: int  # in the cell
    reads: str


class Source(msgspec.Struct):
    """A module made of cells. `aside`: files that define the same, and do not count."""

    text: str
    lines: list[Lines]
    notebooks: list[int]
    lost: list[Lost]
    aside: list[int] = []


class Sources(msgspec.Struct):
    """The modules that the notebooks define, and why a notebook could not be read, by its position."""

    modules: dict[str, Source]
    problems: dict[int, str]
