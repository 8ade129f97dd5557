"""Notebooks that are handed in, read as modules: what a student defines in cells, and none of what the cells run.

`python -m grader.worker.notebooks` reads files that are open already, in a process with little memory and time, and
writes what it found. It runs nothing of what it reads.
"""

from __future__ import annotations

import msgspec


class Reading(msgspec.Struct):
    """What is to be read: the open files by number, and the names that each module of the assignment defines."""

    files: list[int]
    modules: dict[str, list[str]]


class Lines(msgspec.Struct, array_like=True):
    """Where some lines of a source come from. All numbers but the notebook's count from 1."""

    first: int  # in the source
    count: int
    notebook: int  # the position of its file
    cell: int
    line: int  # in the cell


class Source(msgspec.Struct):
    """A module made of cells. `lost`: variables that the cells compute, and that are therefore not there."""

    text: str
    lines: list[Lines]
    notebooks: list[int]
    lost: list[str]


class Sources(msgspec.Struct):
    """The modules that the notebooks define, and why a notebook could not be read, by its position."""

    modules: dict[str, Source]
    problems: dict[int, str]
