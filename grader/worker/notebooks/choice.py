"""Which of the files that define a module count: the one that bears its name, those that add to it, and the one that is
written rather than its stub."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath

from grader.worker.notebooks import Reading, Source
from grader.worker.notebooks.assemble import Statement, module_of
from grader.worker.notebooks.cells import DISGUISE, Cell, cell_magic
from grader.worker.notebooks.split import split


class _File:
    """What one file holds: statements of its own, and of modules that its cells write."""

    def __init__(self, position: int, name: str, cells: Sequence[Cell]) -> None:
        self.position = position
        self.stem = PurePath(name).stem
        self.statements: list[Statement] = []
        self.written: dict[str, list[Statement]] = {}
        self.is_plain = False  # a module, and no notebook
        for cell in cells:
            magic = cell_magic(cell.source) if cell.number else None
            lines, nodes = split(cell.source if magic is None else magic.source)
            found = [Statement(node, cell, lines) for node in nodes]
            if magic is not None and magic.writes:
                before = self.written.get(magic.writes, []) if magic.appends else []
                self.written[magic.writes] = [*before, *found]  # the last one writes the file
            else:
                self.statements += found
            self.is_plain |= not cell.number and not DISGUISE.search(cell.source.encode())

    def effort(self, names: Collection[str]) -> float:
        """How many of these definitions are written; those of which it cannot be told count half."""
        return sum({statement.defines: written(statement.node) for statement in self._defining(names)}.values())

    def size(self, names: Collection[str]) -> int:
        """How much stands in these definitions."""
        return sum(sum(1 for _ in ast.walk(s.node)) for s in self._defining(names) if isinstance(s.node, ast.AST))

    def defines(self, names: Collection[str]) -> set[str]:
        return {statement.defines for statement in self._defining(names)}

    def writes(self, names: Collection[str]) -> set[str]:
        """Those that are certainly more than a stub."""
        return {statement.defines for statement in self._defining(names) if written(statement.node) == 1}

    def _defining(self, names: Collection[str]) -> Iterator[Statement]:
        return (statement for statement in self.statements if statement.defines in names)


def modules(cells: Mapping[int, Sequence[Cell]], reading: Reading) -> dict[str, Source]:
    """The modules that files define: those with a function or a class of the names that are wanted of them, or that a
    cell writes with `%%writefile`; and those that are files' names, which these import."""
    files = [_File(number, reading.names[number], own) for number, own in sorted(cells.items())]
    own = [file for file in files if file.position < reading.neighbours]
    found: dict[str, Source] = {}
    todo: list[Source] = []
    for name, names in reading.modules.items():
        if (source := _chosen(name, names, own)) is not None:
            found[name] = source
            todo.append(source)
    while todo:
        for name in _imported(todo.pop().text):
            if name in found or not name.isidentifier():
                continue
            source = _chosen(name, reading.modules[name], files) if name in reading.modules else _whole(name, files)
            if source is not None:
                found[name] = source
                todo.append(source)
    return found


def _chosen(name: str, names: Sequence[str], files: Sequence[_File]) -> Source | None:
    """The module, of the files that define it; None where none does, or a plain file of its name is written as well."""
    rivals = [file for file in files if file.is_plain and file.stem == name]
    ranked = sorted(
        (file for file in files if not file.is_plain and file.defines(names)),
        key=lambda file: (
            file.effort(names) == 0,
            file.stem.lower() != name.lower(),
            -file.effort(names),
            file.position,
        ),
    )
    taken: list[_File] = []
    aside: list[_File] = []
    for file in ranked:
        there = set[str]().union(*(one.defines(names) for one in taken))
        done = set[str]().union(*(one.writes(names) for one in taken))
        adds = bool(file.defines(names) - there or file.writes(names) - done) or not taken
        (taken if adds else aside).append(file)
    done = set[str]().union(*(file.writes(names) for file in taken))
    statements = [
        statement
        for file in reversed(taken)
        for statement in file.statements
        if not (statement.defines in done and written(statement.node) < 1)
    ]
    writing = [file for file in files if name in file.written]
    if writing:
        statements += writing[-1].written[name]
    if not any(statement.defines in names for statement in statements):
        return None
    if not writing and any(_is_worth(rival, taken, names) for rival in rivals):
        return None
    source = module_of(name, statements)
    source.aside = [file.position for file in (*aside, *rivals)]
    return source


def _is_worth(rival: _File, taken: Sequence[_File], names: Sequence[str]) -> bool:
    """Whether a plain file is as far written as the notebooks are."""
    mine, theirs = rival.effort(names), sum(file.effort(names) for file in taken)
    if mine == theirs and len(rival.writes(names)) < len(rival.defines(names)):
        return rival.size(names) * 1.2 >= sum(file.size(names) for file in taken)
    return mine >= theirs


def _whole(name: str, files: Sequence[_File]) -> Source | None:
    """A notebook of this name, or what a cell writes under it, as a module."""
    for file in files:
        if name in file.written:
            return module_of(name, file.written[name])
        if file.stem == name and not file.is_plain:
            return module_of(name, file.statements)
    return None


def _imported(source: str) -> Iterator[str]:
    """The modules that a module imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def written(node: object) -> float:
    """Whether a definition is more than a stub: 0 no, 1 yes, 0.5 where a `pass` may be what is to be replaced."""
    if isinstance(node, ast.ClassDef):
        inside = [written(part) for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
        return min(inside, default=0.5)
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return 0.5  # it does not parse: somebody has written it
    if any(isinstance(part, ast.Raise) and _is_stub(part) for part in node.body):
        return 0
    body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    if all(isinstance(part, ast.Pass) for part in body):
        return 0
    return 0.5 if any(isinstance(part, ast.Pass) for part in ast.walk(node)) else 1


def _is_stub(node: ast.Raise) -> bool:
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"
