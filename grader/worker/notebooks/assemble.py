"""Modules made of what is kept of some notebooks' cells.

Of several definitions of a name the last one counts, as it does when the cells are run from top to bottom; but cells
may stand in any order: a statement comes after those whose names it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from grader.worker.notebooks import MARK, Lines, Lost, Source
from grader.worker.notebooks.cells import Cell
from grader.worker.notebooks.keep import Kept, Kind, as_defaults, assigned, dotted, kept, root
from grader.worker.notebooks.lost import NotComputed
from grader.worker.notebooks.split import Broken

LOST_LIMIT = 500  # names of variables that are reported


@dataclass(frozen=True, eq=False)
class Statement:
    """A top-level statement, and the cell that it stands in."""

    node: ast.stmt | Broken
    cell: Cell
    lines: list[str]

    @property
    def defines(self) -> str:
        """The function or class that it defines, or ""."""
        is_one = isinstance(self.node, Broken | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        return self.node.name if is_one else ""  # type: ignore[union-attr]


@dataclass(frozen=True, eq=False)
class Part:
    """A statement that is kept."""

    statement: Statement
    kept: Kept


def module_of(name: str, statements: list[Statement]) -> Source:
    """The module of this name that these statements make."""
    parts, left_out = [], []
    for statement in statements:
        found = kept(statement.node, name) if isinstance(statement.node, ast.stmt) else None
        if found is None:
            left_out.append(statement)
        else:
            parts.append(Part(statement, found))
    imports = [part for part in parts if part.kept.kind is Kind.IMPORT]
    there = set[str]().union(*(part.kept.names for part in imports))
    star = any(part.kept.star for part in imports)
    values = [part for part in parts if part.kept.kind is Kind.VALUE]
    computed = {n for statement in left_out if isinstance(statement.node, ast.stmt) for n in assigned(statement.node)}
    away = _lost_defaults(values, there, computed)
    possible = values if star else _in_order(values, there | away)
    defined = set[str]().union(*(part.kept.names for part in possible))
    bindings = _bindings(parts, possible, defined, None if star else there | defined)
    winners = _last([*possible, *bindings], parts)
    ordered = _in_order(winners, there | away)
    if star:
        done = set(ordered)
        ordered += [part for part in winners if part not in done]
    defined = set[str]().union(*(part.kept.names for part in ordered))
    text = _Text()
    future = [part for part in imports if _is_future(part)]
    for part in [*future, *(part for part in imports if part not in future)]:
        text.add(part)
    text.lose(away)
    for part in ordered:
        text.add(part)
    used = set(possible)
    missing = [part.statement for part in values if part not in used and part.kept.defines]
    for statement in [*(s for s in left_out if isinstance(s.node, Broken)), *missing]:
        if statement.defines not in defined:
            text.stand_in(statement, there | defined)
    notebooks = sorted({statement.cell.notebook for statement in statements})
    return Source("\n".join(text.out) + "\n", text.lines, notebooks, _lost(statements, parts, defined | there))


def _lost(statements: list[Statement], parts: list[Part], there: set[str]) -> list[Lost]:
    """The variables that the cells assign and that are not there: each with the last statement that would give it."""
    reads = {part.statement: sorted(part.kept.needs - there) for part in parts}
    found: dict[str, Lost] = {}
    for statement in statements:
        node, cell = statement.node, statement.cell
        if isinstance(node, Broken):
            continue
        for name in assigned(node):
            if name not in there:
                away = next((other for other in reads.get(statement, ()) if other != name), "")
                found[name] = Lost(name, cell.notebook, cell.number, node.lineno, away)
    return sorted(found.values(), key=lambda lost: lost.name)[:LOST_LIMIT]


def _bindings(parts: list[Part], values: list[Part], defined: set[str], there: set[str] | None) -> list[Part]:
    """The bindings that can be had: to attributes of what the cells define, and changes of variables that nothing
    defines anew later on. `there`: all names that are; None: nobody knows."""
    last = {name: number for number, part in enumerate(parts) if part in {*values} for name in part.kept.names}
    return [
        part
        for number, part in enumerate(parts)
        if part.kept.kind is Kind.BINDING
        and _about_own(part, defined)
        and (there is None or part.kept.needs <= there)
        and all(last.get(name, number) <= number for name in part.kept.changes)
    ]


def _lost_defaults(values: list[Part], there: set[str], computed: set[str]) -> set[str]:
    """Variables that the cells compute, where functions have nothing but them as defaults that cannot be had."""
    had = there.union(*(part.kept.names for part in _in_order(values, there)))
    computed = computed.union(*(part.kept.names for part in values if not part.kept.defines)) - had
    return {name for part in values if part.kept.defines for name in as_defaults(part.kept.node)} & computed


def _in_order(parts: Iterable[Part], there: set[str]) -> list[Part]:
    """Those that can be executed, each after what it reads, else as they stand."""
    there, left, ordered = set(there), list(parts), list[Part]()
    while True:
        later = []
        for part in left:
            if part.kept.needs <= there:
                ordered.append(part)
                there |= part.kept.names
            else:
                later.append(part)
        if len(later) == len(left):
            return ordered
        left = later


def _last(possible: list[Part], document: list[Part]) -> list[Part]:
    """The parts that define a name which nothing after them defines, those that others after them read before it is
    defined anew, and the bindings, as they stand."""
    taken: set[str] = set()
    read: set[str] = set()
    winners: list[Part] = []
    these = set(possible)
    for part in reversed([part for part in document if part in these]):
        names = part.kept.names
        if part.kept.kind is Kind.BINDING or not names <= taken or names & read:
            winners.append(part)
            taken |= names
            read = (read - names) | part.kept.needs
    return winners[::-1]


def _about_own(part: Part, defined: set[str]) -> bool:
    """Whether a binding is to an attribute of something that the cells define, and not of a library."""
    return all(root in defined for root in _roots(part.kept.node))


def _roots(node: ast.AST) -> Iterator[str]:
    """The names whose attributes or entries a statement sets, also inside of blocks."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute | ast.Subscript) and isinstance(inner.ctx, ast.Store | ast.Del):
            yield root(inner)
        elif isinstance(inner, ast.AugAssign):
            yield root(inner.target)
        elif isinstance(inner, ast.Call) and dotted(inner.func) == "setattr" and inner.args:
            yield root(inner.args[0])


def _is_future(part: Part) -> bool:
    return isinstance(part.kept.node, ast.ImportFrom) and part.kept.node.module == "__future__"


class _Text:
    """The module's lines, and where each comes from."""

    def __init__(self) -> None:
        self.out: list[str] = [MARK]
        self.lines: list[Lines] = []

    def add(self, part: Part) -> None:
        """A statement as it stands, but for what is dropped inside of it."""
        statement, node = part.statement, part.statement.node
        assert isinstance(node, ast.stmt)
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        own = statement.lines[first - 1 : last]
        alone = node.col_offset == 0 and _is_last(own[-1], node.end_col_offset)
        if all(_blank(own, first, inner) for inner in part.kept.dropped) and alone:
            self._put(statement, first, own)
        else:
            self._put(statement, first, ast.unparse(_Without(part.kept.dropped).visit(node)).split("\n"))

    def lose(self, names: set[str]) -> None:
        """Variables that are not there, of which only the use is a mistake."""
        if names:
            self.out.append(f"from {NotComputed.__module__} import {NotComputed.__name__}")
            self.out.extend(f"{name} = {NotComputed.__name__}({name!r})" for name in sorted(names))

    def stand_in(self, statement: Statement, there: set[str]) -> None:
        """A definition that cannot be had raises why, when it is called."""
        node = statement.node
        if isinstance(node, Broken):
            at = node.at - node.line
            kind, name, line, why = node.kind, node.name, node.line, f"SyntaxError({node.problem!r})"
        else:
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            part = kept(node, "")
            away = sorted(part.needs - there) if part else []
            told = f"name '{away[0] if away else node.name}' is not defined"
            kind = "class" if isinstance(node, ast.ClassDef) else "def"
            at, name, line, why = 0, node.name, node.lineno, f"NameError({told!r})"
        indent = "    " if kind == "class" else ""
        head = ["class " + name + ":"] if kind == "class" else []
        function = "__init__" if kind == "class" else name
        body = [*head, f"{indent}def {function}(*args, **kwargs):", f"{indent}    raise {why}"]
        self._put(statement, line + at, body, same_line=True)

    def _put(self, statement: Statement, line: int, text: list[str], same_line: bool = False) -> None:
        cell = statement.cell
        first = len(self.out) + 1
        if same_line:
            self.lines.extend(Lines(first + i, 1, cell.notebook, cell.number, line) for i in range(len(text)))
        else:
            self.lines.append(Lines(first, len(text), cell.notebook, cell.number, line))
        self.out.extend(text)


def _is_last(line: str, end: int | None) -> bool:
    """Whether nothing but blanks or a comment follows in a line behind so many bytes."""
    rest = line.encode()[end or 0 :].strip()
    return not rest or rest.startswith(b"#")


def _blank(lines: list[str], first: int, node: ast.stmt) -> bool:
    """Let a statement that has its lines for itself be a `pass`; whether it has."""
    begin = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))]) - first
    end = (node.end_lineno or node.lineno) - first
    indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
    if len(indent) != node.col_offset or not _is_last(lines[end], node.end_col_offset):
        return False
    lines[begin : end + 1] = [f"{indent}pass", *[""] * (end - begin)]
    return True


class _Without(ast.NodeTransformer):
    """A statement with a `pass` in the place of some that it holds."""

    def __init__(self, dropped: Collection[ast.stmt]) -> None:
        self._dropped = dropped

    def visit(self, node: ast.AST) -> Any:
        return ast.Pass() if node in self._dropped else super().visit(node)
