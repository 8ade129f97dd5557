"""Where a module binds its names, or what they stand for, behind the back of whoever reads it from top to bottom: in
functions by `global` and `nonlocal`, through `globals()` and `setattr`, in the code of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.worker.scopes import Library

INSIDES = {"__code__", "__defaults__", "__kwdefaults__", "__class__"}  # of a function or an object
NAMESPACES = {"globals", "locals", "vars"}

Bound = ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | Library | None  # None: something that cannot be told
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Rebinding:
    """What was found in one walk over a source."""

    def __init__(self, tree: ast.Module) -> None:
        self.elsewhere: dict[str, list[Bound]] = {}  # what functions bind outer names to
        self._lines: dict[str, int] = {}  # where names are bound that way
        self._deleted: dict[str, int] = {}
        self._attributes: dict[tuple[str, str], int] = {}  # of a name, by functions or by a text
        self._stores: list[tuple[ast.expr, str, int]] = []  # to attributes of anything
        imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
        self._imported = {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}
        self._insides = 0
        self._unknown = 0
        self.stars: dict[int, str] = {}  # modules of which everything is imported, by line
        self._walk(tree)

    def doubt(self, name: str, line: int) -> str:
        """Why it is not certain that `name` (or "Class.name"), which is bound last in `line`, stands for what it seems
        to stand for; "" where it is."""
        first, _, attribute = name.partition(".")
        if first in self._lines:
            return f"line {self._lines[first]} binds `{first}` to something else"
        if attribute and (first, attribute) in self._attributes:
            return f"line {self._attributes[first, attribute]} binds `{name}` to something else"
        if 0 < line < self._deleted.get(first, 0):
            return f"line {self._deleted[first]} deletes `{first}`"
        for owner, stored, at in self._stores:
            if stored == first and self._is_module(owner):
                return f"line {at} binds `{first}` to something else"
        if self._insides:
            return f"line {self._insides} replaces what a function consists of"
        if self._unknown:
            return f"line {self._unknown} binds names that only exist when it runs"
        return ""

    def _walk(self, tree: ast.Module) -> None:
        todo: list[tuple[ast.AST, frozenset[str], bool]] = [(tree, frozenset(), False)]
        while todo:
            node, outer, inside = todo.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in outer:
                self._bind(node.name, node if not isinstance(node, ast.ClassDef) else None, node)
            if isinstance(node, Function):
                outer, inside = frozenset(_outer_names(node)), True
            self._look(node, outer, inside)
            todo += [(child, outer, inside) for child in ast.iter_child_nodes(node)]

    def _look(self, node: ast.AST, outer: frozenset[str], inside: bool) -> None:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            self.stars[node.lineno] = "." * node.level + (node.module or "")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) in outer:
                    module = f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
                    self._bind(alias.asname or alias.name, Library(f"{module}{alias.name}"), node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and target.id in outer:
                    self._bind(target.id, node.value, node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del) and node.id in outer:
            self._bind(node.id, None, node)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name in outer:
            self._bind(node.name, None, node)
        elif isinstance(node, ast.Delete) and not inside:
            self._deleted |= {target.id: node.lineno for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            self._attribute(node.value, node.attr, node, inside)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            if self._is_namespace(node.value):
                self._key(node.slice, node)
        elif isinstance(node, ast.Call):
            self._call(node)

    def _bind(self, name: str | None, value: Bound, node: ast.AST) -> None:
        if name is not None:
            self.elsewhere.setdefault(name, []).append(value)
            self._lines.setdefault(name, getattr(node, "lineno", 0))

    def _attribute(self, owner: ast.expr, name: str, node: ast.AST, late: bool) -> None:
        line = getattr(node, "lineno", 0)
        if name in INSIDES:
            self._insides = self._insides or line
        elif late and isinstance(owner, ast.Name):
            self._attributes.setdefault((owner.id, name), line)
            self._stores.append((owner, name, line))
        else:
            self._stores.append((owner, name, line))

    def _key(self, key: ast.expr | None, node: ast.AST) -> None:
        name, line = _text(key), getattr(node, "lineno", 0)
        if name is not None:
            self._lines.setdefault(name, line)
        else:
            self._unknown = self._unknown or line

    def _call(self, node: ast.Call) -> None:
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called in ("setattr", "delattr") and len(node.args) > 1:
            name = _text(node.args[1])
            if name is not None:
                self._attribute(node.args[0], name, node, True)
        elif isinstance(node.func, ast.Attribute) and self._is_namespace(node.func.value):
            if node.func.attr in ("update", "__ior__"):
                for keyword in node.keywords:
                    self._key(ast.Constant(keyword.arg) if keyword.arg else None, node)
                for arg in node.args:
                    for key in arg.keys if isinstance(arg, ast.Dict) else [None]:
                        self._key(key, node)
            elif node.func.attr in ("__setitem__", "setdefault", "pop", "__delitem__") and node.args:
                self._key(node.args[0], node)

    def _is_module(self, node: ast.expr) -> bool:
        """Whether this is, as far as can be seen, a module: sys.modules[...], import_module(...), an imported name."""
        if isinstance(node, ast.Subscript):
            return getattr(node.value, "attr", getattr(node.value, "id", "")) == "modules"
        if isinstance(node, ast.Call):
            return getattr(node.func, "attr", getattr(node.func, "id", "")) in ("import_module", "__import__")
        return isinstance(node, ast.Name) and node.id in self._imported

    def _is_namespace(self, node: ast.expr) -> bool:
        """Whether this is a module's namespace: globals(), vars(sys.modules[...]), module.__dict__."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMESPACES:
            return not node.args or self._is_module(node.args[0])
        return isinstance(node, ast.Attribute) and node.attr == "__dict__" and self._is_module(node.value)


def _outer_names(function: ast.AST) -> Iterator[str]:
    """The names that a function declares to be those of whoever is around it."""
    todo: list[ast.AST] = [*ast.iter_child_nodes(function)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        elif not isinstance(node, Function | ast.ClassDef | ast.expr):
            todo += ast.iter_child_nodes(node)


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
