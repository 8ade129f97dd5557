"""Mutants of a reference: its source with one small mistake, made automatically.

Only what stands between the solution markers is changed: the rest is given, not graded. The operators are those of
DeMillo, Lipton, Sayward (1978) as far as they make sense for tensor code, and axes, slices and reductions besides.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from grader.stubs import BEGIN, END

ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
REDUCTIONS = {
    "sum": "mean",
    "mean": "sum",
    "amax": "amin",
    "amin": "amax",
    "max": "min",
    "min": "max",
    "argmax": "argmin",
    "argmin": "argmax",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "new_zeros": "new_ones",
    "zeros": "ones",
    "exp": "log",
    "cumsum": "cumprod",
}


@dataclass(frozen=True)
class Mutant:
    """One changed source. `statement` is the changed statement's first line; `scope` the function that it stands in."""

    module: str
    scope: str
    line: int
    statement: str
    source: str

    @property
    def name(self) -> str:
        """As it is listed: "knn.predict_labels: votes = labels.new_ones(...)"."""
        return f"{self.module}.{self.scope}: {self.statement}"


def mutants(module: str, source: str) -> list[Mutant]:
    """Every mutant of a reference module, in the order of its lines."""
    tree = ast.parse(source)
    graded = _graded_lines(source)
    scopes = _scopes(tree)
    made: list[Mutant] = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if line not in graded or line not in scopes:
            continue
        for statement, changed in _changes(tree, node):
            made.append(Mutant(module, scopes[line], line, statement, ast.unparse(changed)))
    unique = {m.source: m for m in made}
    return sorted(unique.values(), key=lambda m: (m.line, m.statement))


def _graded_lines(source: str) -> set[int]:
    """The lines between the markers."""
    lines: set[int] = set()
    inside = False
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if text in (BEGIN, END):
            inside = text == BEGIN
        elif inside:
            lines.add(number)
    return lines


def _scopes(tree: ast.Module) -> dict[int, str]:
    """line -> the function or method that it belongs to."""
    found: dict[int, str] = {}

    def visit(node: ast.AST, path: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = (*path, child.name)
                if isinstance(child, ast.FunctionDef) and not any("." in p for p in path):
                    for line in range(child.lineno, (child.end_lineno or child.lineno) + 1):
                        found.setdefault(line, ".".join(inner))
                visit(child, inner)

    visit(tree, ())
    return found


def _changes(tree: ast.Module, node: ast.AST) -> Iterator[tuple[str, ast.Module]]:
    """(the changed statement, the changed tree) for each way to get this node wrong."""
    for replacement in _replacements(node):
        new = ast.Pass() if replacement is None else replacement
        ast.fix_missing_locations(ast.copy_location(new, node))
        if replacement is None or ast.dump(new) != ast.dump(node):
            yield _replaced(tree, node, new)


def _replacements(node: ast.AST) -> Iterator[ast.AST | None]:
    if isinstance(node, ast.BinOp):
        for operator in ARITHMETIC.get(type(node.op), ()):
            yield ast.BinOp(node.left, operator(), node.right)
        if isinstance(node.op, ast.Add | ast.Sub):  # a dropped term
            yield node.left
            yield node.right
        if isinstance(node.op, ast.Mult | ast.Div | ast.Pow):  # a dropped factor
            yield node.left
        if isinstance(node.op, ast.MatMult):
            yield ast.BinOp(node.right, ast.MatMult(), node.left)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Slice):
        yield from _slices(node)
    elif isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)
        yield None
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield None
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        if value > 0:
            yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 2 if value else 1.0)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    if len(node.args) >= 2 and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    if isinstance(node.func, ast.Attribute):
        other = REDUCTIONS.get(node.func.attr)
        if other:
            function = ast.Attribute(node.func.value, other, ast.Load())
            yield ast.Call(function, node.args, node.keywords)
        no_module = not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "math", "F", "nn"))
        if no_module and not node.args and not node.keywords:  # x.sqrt() -> x
            yield node.func.value


def _slices(node: ast.Slice) -> Iterator[ast.AST]:
    one = ast.Constant(1)
    if node.lower is not None:
        yield ast.Slice(ast.BinOp(node.lower, ast.Add(), one), node.upper, node.step)
        yield ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield ast.Slice(node.lower, ast.BinOp(node.upper, ast.Sub(), one), node.step)
        yield ast.Slice(node.lower, None, node.step)


def _replaced(tree: ast.Module, node: ast.AST, new: ast.AST) -> tuple[str, ast.Module]:
    """The statement around `node` and a copy of the tree, both with `node` replaced."""
    place = next(number for number, found in enumerate(ast.walk(tree)) if found is node)
    changed = copy.deepcopy(tree)
    target = next(found for number, found in enumerate(ast.walk(changed)) if number == place)
    parents = {child: parent for parent in ast.walk(changed) for child in ast.iter_child_nodes(parent)}
    parent = parents[target]
    for name, value in ast.iter_fields(parent):
        if value is target:
            setattr(parent, name, new)
        elif isinstance(value, list) and any(item is target for item in value):
            setattr(parent, name, [new if item is target else item for item in value])
    around = new if isinstance(new, ast.stmt) else parent
    while not isinstance(around, ast.stmt):
        around = parents[around]
    if isinstance(new, ast.Pass):
        return f"without {ast.unparse(target).partition(chr(10))[0]}", changed
    return ast.unparse(ast.fix_missing_locations(around)).partition("\n")[0], changed
