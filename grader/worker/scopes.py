"""What the names of a source stand for, and the scopes that they are bound in; grader.worker.flow fills them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

MOST = 5_000  # things that one name may stand for, and names that one function may use


class TooIntricate(Exception):
    """A source goes beyond what is read; what was not read is not passed over in silence."""


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
    """A class of the module. `attributes`: what its methods assign to `self`; `patches`: what was assigned to its
    attributes afterwards: when, which, what, and whether certainly."""

    name: str
    node: ast.ClassDef
    outer: Scope
    body: Scope
    attributes: dict[str, list[tuple[ast.expr, Routine]]] = field(default_factory=dict)
    patches: list[tuple[int, str, Binding, bool]] = field(default_factory=list)  # `Linear.forward = f`, see Flow


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


@dataclass(frozen=True)
class Made:
    """What a call returns that was given functions, or returns some: `torch.compile(g)`, `timed(g)`. Whoever calls it
    calls them. `by`: the library's function that made it, if it was one, with its line and column."""

    of: frozenset[Origin]
    by: tuple[str, int, int] | None = None


Origin = Library | Routine | Class | Instance | Base | Container | Made
UNKNOWN = Library("?")
NOTHING: frozenset[Origin] = frozenset()


class Scope:
    """The names that a module, a class body or a function binds: in a function all that each is ever bound to;
    elsewhere what it is bound to in the end, which is what a function that is called later finds."""

    def __init__(self, outer: Scope | None, kind: str) -> None:
        self.outer = outer
        self.kind = kind  # "module", "class" or "function"
        self.bindings: dict[str, list[Binding]] = {}
        self.hidden: dict[str, list[Binding]] = {}  # by comprehensions: seen inside them only
        self.stars: list[str] = []  # modules of which everything was imported

    def bind(self, name: str, value: ast.expr | Origin, scope: Scope) -> None:
        """One more thing that `name` may stand for."""
        self.bindings.setdefault(name, []).append((value, scope))


Binding = tuple[ast.expr | Origin, Scope]


def parameters(node: FunctionNode) -> list[ast.arg]:
    """All parameters of a function, in order."""
    a = node.args
    return [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]


def collect_attributes(owner: Class, method: Routine) -> None:
    """Note what a method assigns to attributes of its object."""
    first = [parameter.arg for parameter in parameters(method.node)[:1]]
    for node in ast.walk(method.node):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and [target.value.id] == first:
                owner.attributes.setdefault(target.attr, []).append((node.value, method))
