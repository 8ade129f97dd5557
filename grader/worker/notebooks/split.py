"""A cell's text as statements, where a cell need not be Python as a whole: magics, shell lines, half-typed lines."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = re.compile(r"\s*[%!?]|[\w.,\s\[\]'\"]+=\s*[%!][^=]|\s*[\w.]+\?{1,2}\s*$")
RUN = re.compile(r"\s*%run\s+(?:-\w+\s+)*[\"']?(?:[^\"']*/)?(\w+)\.(?:ipynb|py)[\"']?\s*$")
# The packages ipynb and import_ipynb let a notebook import another one.
NEIGHBOUR = re.compile(r"^([ \t]*(?:from|import)[ \t]+)\.?ipynb\.fs\.(?:full|defs)\.", re.MULTILINE)
TOKEN = re.compile(r"#[^\n]*|'''|\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|[(\[{]|[)\]}]|\\.", re.DOTALL)
GOES_ON = re.compile(r"(else|elif|except|finally)\b|[)\]}#]")
BEGINS = re.compile(r"(def|class|async\s+def|import|from)\b|@\w")
DEFINES = re.compile(r"(?:async\s+)?(def|class)\s+(\w+)")


@dataclass(frozen=True)
class Broken:
    """A definition that does not parse; `line` is where it begins, and `problem` names the line of the error."""

    kind: str  # "def" or "class"
    name: str
    line: int
    problem: str
    at: int


def split(source: str) -> tuple[list[str], list[ast.stmt | Broken]]:
    """The lines of a cell's Python, and its top-level statements, whose line numbers are the cell's."""
    text = source.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").replace("\0", " ")
    text = NEIGHBOUR.sub(r"\1", text)
    tree = _parsed(text)
    if not isinstance(tree, ast.Module):
        text = _without_magics(text)
        tree = _parsed(text)
    lines = text.split("\n")
    if isinstance(tree, ast.Module):
        return lines, list(tree.body)
    return lines, list(_salvaged(lines))


def _parsed(text: str) -> ast.Module | SyntaxError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error) or "too deeply nested")


class _Scanner:
    """Whether a line begins a statement, as far as brackets, long strings and backslashes tell."""

    def __init__(self) -> None:
        self._depth = 0
        self._quotes = ""
        self._joined = False

    @property
    def at_start(self) -> bool:
        return not self._depth and not self._quotes and not self._joined

    def restart(self) -> None:
        """A line that can only begin a statement: brackets before it were never closed."""
        if not self._quotes:
            self._depth = 0

    def take(self, line: str) -> None:
        self._joined = line.endswith("\\")
        position = 0
        while position < len(line):
            if self._quotes:
                end = line.find(self._quotes, position)
                if end < 0:
                    return
                position, self._quotes = end + 3, ""
                continue
            found = TOKEN.search(line, position)
            if found is None:
                return
            token, position = found.group(), found.end()
            if token in ("'''", '"""'):
                self._quotes = token
            elif token in "([{":
                self._depth += 1
            elif token in ")]}":
                self._depth = max(self._depth - 1, 0)


def _without_magics(text: str) -> str:
    """Magics and shell lines become `pass`, where a statement may begin: elsewhere `% (a, b)` is formatting. What
    another notebook is run for, its names, is imported."""
    scanner, out, goes_on, indent = _Scanner(), [], False, ""
    for line in text.split("\n"):
        if goes_on or (scanner.at_start and MAGIC.match(line)):
            indent = indent if goes_on else line[: len(line) - len(line.lstrip())]
            goes_on = line.endswith("\\")
            run = None if goes_on else RUN.match(line)
            out.append(f"{indent}from {run.group(1)} import *" if run else f"{indent}pass")
        else:
            scanner.take(line)
            out.append(line)
    return "\n".join(out)


def _salvaged(lines: list[str]) -> Iterator[ast.stmt | Broken]:
    """Every top-level statement that parses on its own, and the definitions that do not."""
    for first, chunk in _chunks(lines):
        tree = _parsed("\n".join(chunk))
        if isinstance(tree, ast.Module):
            for statement in tree.body:
                yield ast.increment_lineno(statement, first)
            continue
        for i, line in enumerate(chunk):
            if defined := DEFINES.match(line):
                at = first + (tree.lineno or 1)
                yield Broken(defined.group(1), defined.group(2), first + i + 1, str(tree.msg)[:200], at)
                break


def _chunks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Pieces that begin where a top-level statement may, and the number of lines before each."""
    scanner, first, decorated = _Scanner(), 0, False
    for i, line in enumerate(lines):
        if BEGINS.match(line):
            scanner.restart()
        if scanner.at_start and line[:1].strip() and not GOES_ON.match(line):
            if i > first and not decorated:
                yield first, lines[first:i]
                first = i
            decorated = line.startswith("@")
        scanner.take(line)
    yield first, lines[first:]
