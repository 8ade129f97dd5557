"""What an expression of a source stands for, without running it: through imports, aliases, classes, containers and
`getattr` with a constant."""

from __future__ import annotations

import ast

from grader.worker.scopes import (
    NOTHING,
    UNKNOWN,
    Base,
    Class,
    Collector,
    Container,
    Instance,
    Library,
    Origin,
    Routine,
    Scope,
    parameters,
)

DEPTH = 40  # of aliases of aliases


class Names:
    """Answers what an expression of a module stands for."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(None, "module")
        Collector(self.module).collect(tree.body)
        self._scopes: dict[int, Scope] = {}
        self._known: dict[tuple[int, int], frozenset[Origin]] = {}
        self._lambdas: dict[int, Routine] = {}
        for target, attribute, value in self.module.patched:
            for origin in self.origins(target, self.module):
                if isinstance(origin, Class):
                    origin.body.bind(attribute, value, self.module, True)
        self._known.clear()

    def scope(self, routine: Routine) -> Scope:
        """The names inside a function."""
        if id(routine.node) not in self._scopes:
            outer = routine.outer
            while outer.kind == "class" and outer.outer is not None:  # invisible from within its methods
                outer = outer.outer
            made = Scope(outer, "function")
            node = routine.node
            for parameter in parameters(node):
                made.bind(parameter.arg, UNKNOWN, made, False)
            positional = [*node.args.posonlyargs, *node.args.args]
            first = len(positional) - len(node.args.defaults)
            defaults = [*zip(positional[first:], node.args.defaults, strict=True)]
            keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            defaults += [(p, d) for p, d in keywords if d is not None]
            for parameter, default in defaults:
                made.bind(parameter.arg, default, routine.outer, False)
            if routine.owner is not None and positional and not isinstance(node, ast.Lambda):
                kinds = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
                if "staticmethod" not in kinds:
                    own = routine.owner if "classmethod" in kinds else Instance(routine.owner)
                    made.bindings[positional[0].arg] = [(own, made)]
            collector = Collector(made, f"{routine.name}.")
            if isinstance(node, ast.Lambda):
                collector.visit(node.body)
            else:
                collector.collect(node.body)
            self._scopes[id(node)] = made
        return self._scopes[id(routine.node)]

    def lambda_(self, node: ast.Lambda, scope: Scope) -> Routine:
        """The function that a lambda expression makes."""
        return self._lambdas.setdefault(id(node), Routine("a lambda", node, scope))

    def origins(self, node: ast.expr, scope: Scope, depth: int = 0) -> frozenset[Origin]:
        """Everything that the expression may stand for; UNKNOWN is among it where that cannot be said."""
        key = (id(node), id(scope))
        if key not in self._known:
            if depth > DEPTH:
                return frozenset({UNKNOWN})
            self._known[key] = NOTHING  # of itself, while it is looked for
            self._known[key] = self._origins(node, scope, depth + 1)
        return self._known[key]

    def _origins(self, node: ast.expr, scope: Scope, depth: int) -> frozenset[Origin]:
        if isinstance(node, ast.Name):
            return self.named(node.id, scope, depth)
        if isinstance(node, ast.Attribute):
            return self._attributes(self.origins(node.value, scope, depth), node.attr, depth)
        if isinstance(node, ast.Call):
            return self._called(node, scope, depth)
        if isinstance(node, ast.Lambda):
            return frozenset({self.lambda_(node, scope)})
        if isinstance(node, ast.Subscript):
            return self._items(node, scope, depth)
        if isinstance(node, ast.NamedExpr | ast.Await | ast.Starred):
            return self.origins(node.value, scope, depth)
        parts: list[ast.expr] | None = None
        if isinstance(node, ast.IfExp):
            parts = [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            parts = node.values
        if parts is not None:
            return frozenset().union(*(self.origins(part, scope, depth) for part in parts))
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            parts = node.elts
        elif isinstance(node, ast.Dict):
            parts = node.values
        if parts is not None:
            held = frozenset[Origin]().union(*(self.origins(part, scope, depth) for part in parts[:100]))
            return frozenset({Container(held)})
        return frozenset({UNKNOWN})

    def named(self, name: str, scope: Scope, depth: int = 0) -> frozenset[Origin]:
        """Everything that a name may stand for."""
        at: Scope | None = scope
        while at is not None:
            if name in at.bindings:
                found: set[Origin] = set()
                for value, where in at.bindings[name][:50]:
                    found |= self.origins(value, where, depth) if isinstance(value, ast.expr) else {value}
                return frozenset(found)
            at = at.outer
        if self.module.stars:
            return frozenset(Library(f"{module}.{name}") for module in self.module.stars) | {Library(name)}
        return frozenset({Library(name)})

    def attribute(self, origin: Origin, name: str, depth: int = 0) -> frozenset[Origin]:
        """Everything that `origin.name` may stand for."""
        if isinstance(origin, Library):
            root = "?" if origin.name.startswith("?") else origin.name
            return frozenset({Library(f"{root}.{name}")})
        if isinstance(origin, Container):
            return frozenset({Library(f"?.{name}")})
        if isinstance(origin, Routine):
            return frozenset({UNKNOWN})
        if isinstance(origin, Base):
            return self._inherited(origin.of, name, depth) or frozenset({UNKNOWN})
        owner = origin.of if isinstance(origin, Instance) else origin
        found = self._member(owner, name, depth)
        if isinstance(origin, Instance):
            for value, method in owner.attributes.get(name, [])[:50]:
                found |= self.origins(value, self.scope(method), depth)
        return found or frozenset({UNKNOWN})  # its own, or inherited from afar: no "?.name"

    def _member(self, owner: Class, name: str, depth: int) -> frozenset[Origin]:
        if depth > DEPTH:
            return NOTHING
        if name in owner.body.bindings:
            return self.named(name, owner.body, depth + 1)
        return self._inherited(owner, name, depth)

    def _inherited(self, owner: Class, name: str, depth: int) -> frozenset[Origin]:
        found: frozenset[Origin] = NOTHING
        for base in owner.node.bases:
            for origin in self.origins(base, owner.outer, depth):
                if isinstance(origin, Class) and origin is not owner:
                    found |= self._member(origin, name, depth + 1)
        return found

    def _attributes(self, origins: frozenset[Origin], name: str, depth: int) -> frozenset[Origin]:
        return frozenset[Origin]().union(*(self.attribute(origin, name, depth) for origin in origins))

    def _called(self, node: ast.Call, scope: Scope, depth: int) -> frozenset[Origin]:
        """What a call returns, where it hands on one of its arguments or makes an object."""
        found: set[Origin] = set()
        for origin in self.origins(node.func, scope, depth):
            if isinstance(origin, Class):
                found.add(Instance(origin))
            elif isinstance(origin, Library):
                found |= self._by_library(origin.name.removeprefix("builtins."), node, scope, depth)
        return frozenset(found or {UNKNOWN})

    def _by_library(self, name: str, node: ast.Call, scope: Scope, depth: int) -> frozenset[Origin]:
        args = node.args
        if name == "getattr" and len(args) >= 2:
            attribute = self.text(args[1], scope)
            found = self._attributes(self.origins(args[0], scope, depth), attribute, depth) if attribute else NOTHING
            return found | (self.origins(args[2], scope, depth) if len(args) > 2 else NOTHING)
        if name in ("functools.partial", "staticmethod", "classmethod", "property", "copy.copy") and args:
            return self.origins(args[0], scope, depth)
        if name in ("__import__", "importlib.import_module") and args:
            module = self.text(args[0], scope)
            return frozenset({Library(module)}) if module else NOTHING
        if name == "vars" and len(args) == 1:
            return self._attributes(self.origins(args[0], scope, depth), "__dict__", depth)
        if name == "super":
            owner = self._owner(scope)
            return frozenset({Base(owner)}) if owner else NOTHING
        if name in ("list", "tuple", "dict", "iter", "enumerate", "zip", "reversed") and args:
            held = frozenset[Origin]().union(*(self.origins(arg, scope, depth) for arg in args))
            return frozenset(origin for origin in held if isinstance(origin, Container))
        if isinstance(node.func, ast.Call) and node.func.args:  # attrgetter("cdist")(torch)
            maker = self.origins(node.func.func, scope, depth)
            attribute = self.text(node.func.args[0], scope)
            if args and attribute and Library("operator.attrgetter") in maker:
                return self._attributes(self.origins(args[0], scope, depth), attribute, depth)
        return NOTHING

    def _items(self, node: ast.Subscript, scope: Scope, depth: int) -> frozenset[Origin]:
        found: set[Origin] = set()
        key = self.text(node.slice, scope)
        for origin in self.origins(node.value, scope, depth):
            if isinstance(origin, Container):
                found |= origin.items
            elif isinstance(origin, Library) and origin.name.endswith(".__dict__") and key:
                found |= self.attribute(Library(origin.name.removesuffix(".__dict__")), key, depth)
        if key and isinstance(node.value, ast.Call):
            for origin in self.origins(node.value.func, scope, depth):
                if origin in (Library("globals"), Library("locals")):
                    found |= self.named(key, scope, depth)
        return frozenset(found or {UNKNOWN})

    def _owner(self, scope: Scope) -> Class | None:
        for values in scope.bindings.values():
            for value, _ in values:
                if isinstance(value, Instance):
                    return value.of
        return None

    def text(self, node: ast.expr, scope: Scope, depth: int = 0) -> str:
        """The string that an expression of constants makes; "" where it is none."""
        if depth > DEPTH:
            return ""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.text(node.left, scope, depth + 1), self.text(node.right, scope, depth + 1)
            return left + right if left and right else ""
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
            texts = [self.text(part, scope, depth + 1) for part in parts]
            return "".join(texts) if all(texts) else ""
        if isinstance(node, ast.Name):
            at: Scope | None = scope
            while at is not None and node.id not in at.bindings:
                at = at.outer
            if at is not None and len(at.bindings[node.id]) == 1:
                value, where = at.bindings[node.id][0]
                return self.text(value, where, depth + 1) if isinstance(value, ast.expr) else ""
        return ""
