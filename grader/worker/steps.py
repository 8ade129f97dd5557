"""How many steps a loop has, where its source says so."""

from __future__ import annotations

import ast

from grader.worker.names import Names
from grader.worker.scopes import Library, Scope


class Steps:
    """Counts the items of what is written out."""

    def __init__(self, names: Names, scope: Scope) -> None:
        self._names = names
        self._scope = scope

    def __call__(self, node: ast.expr, depth: int = 0) -> int | None:
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return None if any(isinstance(item, ast.Starred) for item in node.elts) else len(node.elts)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return len(node.value)
        if isinstance(node, ast.Name) and depth < 5:
            value = self._bound_once(node.id)
            return None if value is None else self(value, depth + 1)
        if not isinstance(node, ast.Call) or node.keywords:
            return None
        called = {origin.name for origin in self._names.origins(node.func, self._scope) if isinstance(origin, Library)}
        if called == {"range"}:
            numbers = [self._integer(arg) for arg in node.args]
            if not 1 <= len(numbers) <= 3 or None in numbers or numbers[2:] == [0]:
                return None
            return len(range(*[n for n in numbers if n is not None]))
        counts = [self(arg, depth + 1) for arg in node.args] if depth < 5 else []
        if called <= {"enumerate", "reversed", "sorted", "list", "tuple"} and called and counts:
            return counts[0]
        if called == {"zip"}:
            return min((n for n in counts if n is not None), default=None)
        return None

    def _integer(self, node: ast.expr, depth: int = 0) -> int | None:
        if isinstance(node, ast.Constant):
            return node.value if type(node.value) is int and abs(node.value) < 10**6 else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self._integer(node.operand, depth)
            return None if value is None else -value
        if isinstance(node, ast.Name) and depth < 5:
            bound = self._bound_once(node.id)
            return None if bound is None else self._integer(bound, depth + 1)
        return None

    def _bound_once(self, name: str) -> ast.expr | None:
        at: Scope | None = self._scope
        while at is not None and name not in at.bindings:
            at = at.outer
        values = at.bindings[name] if at is not None else []
        return values[0][0] if len(values) == 1 and isinstance(values[0][0], ast.expr) else None
