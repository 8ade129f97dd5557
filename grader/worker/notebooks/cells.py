"""A notebook file as code cells: nbformat 1 to 4, without holding outputs, attachments or metadata.

Unreadable      not a notebook; the sentence says why
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

Text = str | list[str] | None


class Unreadable(Exception):
    """Not a notebook."""


class _Cell(msgspec.Struct):
    """A cell as it lies in the file: the code is `source` since version 4, `input` in 2 and 3, `code` in 1."""

    cell_type: str = ""
    source: Text = None
    input: Text = None
    code: Text = None


class _Sheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Notebook(msgspec.Struct):
    """Cells lie in worksheets before version 4."""

    cells: list[_Cell] | None = None
    worksheets: list[_Sheet] | None = None


@dataclass(frozen=True)
class Cell:
    """A code cell; `number` counts all cells from 1, as a reader does."""

    notebook: int
    number: int
    source: str


def read(file: int, notebook: int) -> list[Cell]:
    """The code cells of an open file. Raises Unreadable."""
    if os.fstat(file).st_size == 0:
        raise Unreadable("is empty")
    with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as data:
        try:
            found = msgspec.json.decode(data, type=_Notebook)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            found = _leniently(data)
    cells = found.cells
    if cells is None and found.worksheets is not None:
        cells = [cell for sheet in found.worksheets for cell in sheet.cells]
    if cells is None:
        raise Unreadable("is no notebook: it has neither cells nor worksheets")
    return list(_code(cells, notebook))


def _leniently(data: mmap.mmap) -> _Notebook:
    """What JSON does not allow and notebooks hold: NaN, lone surrogates, a byte order mark. Raises Unreadable."""
    try:
        loaded = json.loads(data[:].decode("utf-8-sig", "replace"), strict=False, object_pairs_hook=_needed)
        return msgspec.convert(loaded, _Notebook)
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}") from None
    except msgspec.ValidationError as error:
        raise Unreadable(f"is no notebook: {str(error)[:200].lower()}") from None


def _needed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if key in {"cells", "worksheets", *_Cell.__struct_fields__}}


def _code(cells: list[_Cell], notebook: int) -> Iterator[Cell]:
    for number, cell in enumerate(cells, 1):
        if cell.cell_type != "code":
            continue
        text = next((text for text in (cell.source, cell.input, cell.code) if text is not None), "")
        source = text if isinstance(text, str) else _joined(text)
        yield Cell(notebook, number, source.encode("utf-8", "replace").decode())


def _joined(lines: list[str]) -> str:
    """A cell that is stored line by line; version 2 left out the ends of the lines."""
    return ("" if any(line.endswith("\n") for line in lines) else "\n").join(lines)


WRITTEN = re.compile(r"%%(?:write)?file\s+(?:-a\s+)?[\"']?(?:[^\"'\s]*/)?(\w+)\.py[\"']?\s*$")
PYTHON = re.compile(r"%%(time|timeit|capture|prun|python3?|pypy)\b")


def cell_magic(source: str) -> tuple[str, str]:
    """A cell's Python with its `%%` line emptied, and the module that the cell writes with `%%writefile`, or ""."""
    lines = source.split("\n")
    head = next((i for i, line in enumerate(lines) if line.strip()), 0)
    magic = lines[head].strip()
    if not magic.startswith("%%"):
        return source, ""
    written = WRITTEN.match(magic)
    if written is None and not PYTHON.match(magic):
        return "", ""
    lines[head] = ""
    return "\n".join(lines), written.group(1) if written else ""
