"""Modules made of what is kept of some notebooks' cells.

Of several definitions of a name the last one counts, as it does when the cells are run from top to bottom; but cells
may stand in any order: a statement comes after those whose names it reads.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.worker.notebooks import Lines, Source
from grader.worker.notebooks.cells import Cell, cell_magic
from grader.worker.notebooks.keep import Kept, Kind, as_defaults, assigned, dotted, kept
from grader.worker.notebooks.lost import NotComputed
from grader.worker.notebooks.split import Broken, split

LOST_LIMIT = 500  # names of variables that are reported


@dataclass(frozen=True)
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


def modules(cells: Sequence[Cell], wanted: dict[str, list[str]]) -> dict[str, Source]:
    """The modules that the cells define: those with a function or a class of the names that are wanted of them, or
    that a cell writes with `%%writefile`. Where several notebooks define the same, the one with most counts."""
    by_notebook: dict[int, list[Statement]] = {}
    written: dict[str, list[Statement]] = {}
    for cell in cells:
        source, module = cell_magic(cell.source)
        lines, nodes = split(source)
        statements = [Statement(node, cell, lines) for node in nodes]
        if module in wanted:
            written[module] = statements  # the last one writes the file
        elif not module:
            by_notebook.setdefault(cell.notebook, []).extend(statements)
    found: dict[str, Source] = {}
    for name, names in wanted.items():
        counts = Counter({n: len({s.defines for s in all_} & {*names}) for n, all_ in by_notebook.items()})
        taken = [n for n, count in sorted(counts.items(), key=lambda item: (item[1], item[0])) if count]
        statements = [statement for n in taken for statement in by_notebook[n]] + written.get(name, [])
        if any(statement.defines in names for statement in statements):
            found[name] = _module(name, statements)
    return found


def _module(name: str, statements: list[Statement]) -> Source:
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
    winners = _last(possible, values)
    ordered = _in_order(winners, there | away)
    if star:
        done = set(ordered)
        ordered += [part for part in winners if part not in done]
    defined = set[str]().union(*(part.kept.names for part in ordered))
    bindings = [part for part in parts if part.kept.kind is Kind.BINDING]
    bound = [part for part in bindings if _about_own(part, defined) and (star or part.kept.needs <= there | defined)]
    text = _Text()
    future = [part for part in imports if _is_future(part)]
    for part in [*future, *(part for part in imports if part not in future)]:
        text.add(part.statement, guarded=False)
    text.lose(away)
    for part in [*ordered, *bound]:
        text.add(part.statement, guarded=star and not part.kept.defines)
    used = set(ordered)
    missing = [part.statement for part in values if part not in used and part.kept.defines]
    for statement in [*(s for s in left_out if isinstance(s.node, Broken)), *missing]:
        if statement.defines not in defined:
            text.stand_in(statement, there | defined)
    lost = {n for s in statements if isinstance(s.node, ast.stmt) for n in assigned(s.node)} - defined - there
    notebooks = sorted({statement.cell.notebook for statement in statements})
    return Source("\n".join(text.out) + "\n", text.lines, notebooks, sorted(lost)[:LOST_LIMIT])


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
    """The parts that define a name which nothing after them defines, as they stand."""
    taken: set[str] = set()
    winners: list[Part] = []
    these = set(possible)
    for part in reversed([part for part in document if part in these]):
        if not part.kept.names <= taken:
            winners.append(part)
            taken |= part.kept.names
    return winners[::-1]


def _about_own(part: Part, defined: set[str]) -> bool:
    """Whether a binding is to an attribute of something that the cells define, and not of a library."""
    node = part.kept.node
    if isinstance(node, ast.Expr):
        roots = [node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value]
    else:
        roots = list(node.targets if isinstance(node, ast.Assign) else [node.target])  # type: ignore[attr-defined]
    return all(dotted(root).partition(".")[0] in defined for root in roots)


def _is_future(part: Part) -> bool:
    return isinstance(part.kept.node, ast.ImportFrom) and part.kept.node.module == "__future__"


class _Text:
    """The module's lines, and where each comes from."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.lines: list[Lines] = []

    def add(self, statement: Statement, guarded: bool) -> None:
        """A statement as it stands; `guarded`: whether its names are there cannot be told, and it may fail."""
        node = statement.node
        assert isinstance(node, ast.stmt)
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        own = statement.lines[first - 1 : last]
        alone = node.col_offset == 0 and len(own[-1].encode()) == _stripped_end(own[-1], node.end_col_offset)
        if guarded:
            self._put(statement, first, ["try: " + ast.unparse(node)] if _is_simple(node) else own)
            if _is_simple(node):
                self.out.append("except Exception: pass")
        else:
            self._put(statement, first, own if alone else ast.unparse(node).split("\n"))

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


def _is_simple(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr)


def _stripped_end(line: str, end: int | None) -> int:
    """`end` where only blanks or a comment follow it: the length of the line in bytes."""
    whole = line.encode()
    rest = whole[end or 0 :].strip()
    return len(whole) if not rest or rest.startswith(b"#") else -1
