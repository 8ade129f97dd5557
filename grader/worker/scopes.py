"""The names that a source binds, scope by scope: imports, functions, classes, assignments.

Order of execution is not followed: a name that is bound twice in a function stands for both. At the top of a module
the last binding that is not conditional counts, as it does for a function that is called later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Library:
    """Something that the module does not define: "torch.cdist", "map", "?" (unknown), "?.norm" (of an unknown)."""

    name: str


@dataclass(eq=False)
class Routine:
    """A function, method or lambda of the module."""

    name: str  # as a person says it: "KnnClassifier.predict"
    node: FunctionNode
    outer: Scope
    owner: Class | None = None


@dataclass(eq=False)
class Class:
    """A class of the module. `attributes`: what its methods assign to `self`."""

    name: str
    node: ast.ClassDef
    outer: Scope
    body: Scope
    attributes: dict[str, list[tuple[ast.expr, Routine]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """An object of a class of the module."""

    of: Class


@dataclass(frozen=True)
class Base:
    """What `super()` stands for in a class."""

    of: Class


@dataclass(frozen=True)
class Container:
    """A list, tuple or dict that holds these."""

    items: frozenset[Origin]


Origin = Library | Routine | Class | Instance | Base | Container
UNKNOWN = Library("?")
NOTHING: frozenset[Origin] = frozenset()


class Scope:
    """The names that a module, a class body or a function binds."""

    def __init__(self, outer: Scope | None, kind: str) -> None:
        self.outer = outer
        self.kind = kind  # "module", "class" or "function"
        self.bindings: dict[str, list[tuple[ast.expr | Origin, Scope]]] = {}
        self.stars: list[str] = []  # modules of which everything was imported
        self.patched: list[tuple[ast.expr, str, ast.expr]] = []  # object, attribute, value: Linear.forward = f

    def bind(self, name: str, value: ast.expr | Origin, scope: Scope, certain: bool) -> None:
        """One more thing that `name` may stand for; the only one where it certainly replaces the others."""
        if certain and self.kind != "function":
            self.bindings[name] = [(value, scope)]
        else:
            self.bindings.setdefault(name, []).append((value, scope))


class Collector(ast.NodeVisitor):
    """Fills a scope from statements; bodies of functions are left for later."""

    def __init__(self, scope: Scope, path: str = "", owner: Class | None = None) -> None:
        self.scope = scope
        self.path = path
        self.owner = owner
        self.certain = True

    def collect(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)

    def _bind(self, name: str, value: ast.expr | Origin) -> None:
        self.scope.bind(name, value, self.scope, self.certain)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            self._bind(alias.asname or whole, Library(whole))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.scope.stars.append(module)
            else:
                self._bind(alias.asname or alias.name, Library(f"{module}.{alias.name}"))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name, Routine(f"{self.path}{node.name}", node, self.scope, self.owner))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        body = Scope(self.scope, "class")
        found = Class(node.name, node, self.scope, body)
        Collector(body, f"{self.path}{node.name}.", found).collect(node.body)
        for values in body.bindings.values():
            for value, _ in values:
                if isinstance(value, Routine):
                    _collect_attributes(found, value)
        self._bind(node.name, found)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, node.value)
            self.visit(node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._assign(node.target, node.value)
        self.visit(node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, value)
        elif isinstance(target, ast.Attribute):
            self.scope.patched.append((target.value, target.attr, value))
        elif isinstance(target, ast.Tuple | ast.List):
            pairs = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            values = value.elts if pairs else [_item(value)] * len(target.elts)  # type: ignore[attr-defined]
            for part, one in zip(target.elts, values, strict=True):
                self._assign(part.value if isinstance(part, ast.Starred) else part, one)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._assign(node.target, _item(node.iter))
        self._conditional(node)

    visit_AsyncFor = visit_For

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._assign(node.target, _item(node.iter))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store) and node.id not in self.scope.bindings:
            self._bind(node.id, UNKNOWN)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        pass

    def _conditional(self, node: ast.AST) -> None:
        before, self.certain = self.certain, False
        self.generic_visit(node)
        self.certain = before

    visit_If = visit_While = visit_Try = visit_TryStar = visit_Match = _conditional


def _item(container: ast.expr) -> ast.expr:
    """Some item of a container, as an expression."""
    node = ast.Subscript(container, ast.Constant(None), ast.Load())
    return ast.copy_location(node, container)


def _collect_attributes(owner: Class, method: Routine) -> None:
    first = [parameter.arg for parameter in parameters(method.node)[:1]]
    for node in ast.walk(method.node):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and [target.value.id] == first:
                owner.attributes.setdefault(target.attr, []).append((node.value, method))


def parameters(node: FunctionNode) -> list[ast.arg]:
    """All parameters of a function, in order."""
    a = node.args
    return [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]
