"""What an expression of a source stands for, without running it: through imports, aliases, classes, containers and
`getattr` with a constant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.worker.flow import Flow, Moments
from grader.worker.rebinding import Rebinding
from grader.worker.scopes import (
    NOTHING,
    UNKNOWN,
    Base,
    Binding,
    Class,
    Container,
    Instance,
    Library,
    Made,
    Origin,
    Routine,
    Scope,
    TooIntricate,
    parameters,
)

DEPTH = 150  # of aliases of aliases
FROM_TEXT = {"eval", "exec", "compile", "getattr", "globals", "locals", "vars", "super", "__import__"}  # make anything


class Names:
    """Answers what an expression of a module stands for."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(None, "module")
        self.rebinding = Rebinding(tree)
        self._moments = Moments()
        flow = Flow(self.module, self._moments)
        flow.collect(tree.body)
        self._scopes: dict[int, Scope] = {}
        self._known: dict[tuple[int, int], frozenset[Origin]] = {}
        self._lambdas: dict[int, Routine] = {}
        self._routines: dict[int, Routine] = {}
        self._returns: dict[Routine, frozenset[Origin]] = {}
        for moment, (target, attribute, binding, certain) in enumerate(self._moments.patched):
            for origin in self.origins(target, self.module):
                if isinstance(origin, Class):
                    origin.patches.append((moment, attribute, binding, certain))
        self._known.clear()
        self._settle(flow)

    def scope(self, routine: Routine) -> Scope:
        """The names inside a function."""
        if id(routine.node) not in self._scopes:
            outer = routine.outer
            while outer.kind == "class" and outer.outer is not None:  # invisible from within its methods
                outer = outer.outer
            made = Scope(outer, "function")
            node = routine.node
            for parameter in parameters(node):
                made.bind(parameter.arg, UNKNOWN, made)
            positional = [*node.args.posonlyargs, *node.args.args]
            first = len(positional) - len(node.args.defaults)
            defaults = [*zip(positional[first:], node.args.defaults, strict=True)]
            keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            defaults += [(p, d) for p, d in keywords if d is not None]
            for parameter, default in defaults:
                made.bind(parameter.arg, default, routine.outer)
            if routine.owner is not None and positional and not isinstance(node, ast.Lambda):
                kinds = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
                if "staticmethod" not in kinds:
                    own = routine.owner if "classmethod" in kinds else Instance(routine.owner)
                    made.bindings[positional[0].arg] = [(own, made)]
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            flow = Flow(made, self._moments, f"{routine.name}.")
            flow.collect(body)
            self._scopes[id(node)] = made
            self._settle(flow)
        return self._scopes[id(routine.node)]

    def _settle(self, flow: Flow) -> None:
        """Look up what a scope binds in the order in which it does: an alias of an alias is then one step away."""
        values = (value for bindings in flow.every.values() for value, _ in bindings if isinstance(value, ast.expr))
        for value in sorted(values, key=lambda value: (value.lineno, value.col_offset)):
            self.origins(value, flow.scope)

    def is_unknown(self, node: ast.Name, scope: Scope) -> bool:
        """Whether it is bound, and nobody can tell to what."""
        return all(isinstance(origin, Library) and origin.name.startswith("?") for origin in self.origins(node, scope))

    def lambda_(self, node: ast.Lambda, scope: Scope) -> Routine:
        """The function that a lambda expression makes."""
        return self._lambdas.setdefault(id(node), Routine("a lambda", node, scope))

    def origins(self, node: ast.expr, scope: Scope, depth: int = 0) -> frozenset[Origin]:
        """Everything that the expression may stand for; UNKNOWN is among it where that cannot be said."""
        key = (id(node), id(scope))
        if key not in self._known:
            if depth > DEPTH:
                raise TooIntricate
            self._known[key] = NOTHING  # of itself, while it is looked for
            self._known[key] = self._origins(node, scope, depth + 1)
        return self._known[key]

    def _origins(self, node: ast.expr, scope: Scope, depth: int) -> frozenset[Origin]:
        if isinstance(node, ast.Name):
            reaching = self._moments.bindings(node)
            found = self._bound(reaching, depth) if reaching else self.named(node.id, scope, depth)
            return found | self._bound_elsewhere(node.id, depth)
        if isinstance(node, ast.Attribute):
            moment = self._moments.patches.get(id(node))
            return self._attributes(self.origins(node.value, scope, depth), node.attr, depth, moment)
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
            held = frozenset[Origin]().union(*(self.origins(part, scope, depth) for part in parts))
            return frozenset({Container(held)})
        return frozenset({UNKNOWN})

    def named(self, name: str, scope: Scope, depth: int = 0) -> frozenset[Origin]:
        """Everything that a name may stand for, in the end or at any time."""
        at: Scope | None = scope
        found = NOTHING
        while at is not None:
            if at is not scope:  # as a lambda in a comprehension sees it
                found |= self._bound(at.hidden.get(name, []), depth)
            if name in at.bindings:
                return found | self._bound(at.bindings[name], depth)
            at = at.outer
        if found:
            return found
        if self.module.stars:
            return frozenset(Library(f"{module}.{name}") for module in self.module.stars) | {Library(name)}
        return frozenset({Library(name)})

    def _bound_elsewhere(self, name: str, depth: int) -> frozenset[Origin]:
        """What a function binds a name to that is not its own."""
        found = NOTHING
        for value in self.rebinding.elsewhere.get(name, ()):
            if isinstance(value, ast.FunctionDef | ast.AsyncFunctionDef):
                routine = self._routines.setdefault(id(value), Routine(value.name, value, self.module))
                found |= self._decorated(routine, depth)
            elif value is not None:
                found |= self.origins(value, self.module, depth) if isinstance(value, ast.expr) else {value}
        return found

    def _bound(self, bindings: list[Binding], depth: int) -> frozenset[Origin]:
        found: set[Origin] = set()
        for value, where in bindings:
            found |= self.origins(value, where, depth) if isinstance(value, ast.expr) else self._decorated(value, depth)
        return frozenset(found)

    def _decorated(self, origin: Origin, depth: int) -> frozenset[Origin]:
        """A function and what its decorators may have put in its place."""
        if not isinstance(origin, Routine) or isinstance(origin.node, ast.Lambda):
            return frozenset({origin})
        found = frozenset[Origin]({origin})
        for decorator in reversed(origin.node.decorator_list):
            for maker in self.origins(decorator, origin.outer, depth + 1):
                found |= self._made(maker, decorator, frozenset({origin}), depth) - {UNKNOWN}
        return found

    def attribute(self, origin: Origin, name: str, depth: int = 0, moment: int | None = None) -> frozenset[Origin]:
        """Everything that `origin.name` may stand for; `moment`: how many attributes had been assigned to by then."""
        if isinstance(origin, Library):
            root = "?" if origin.name.startswith("?") else origin.name
            return frozenset({Library(f"{root}.{name}")})
        if isinstance(origin, Container):
            return frozenset({Library(f"?.{name}")})
        if isinstance(origin, Routine | Made):
            return frozenset({UNKNOWN})
        if isinstance(origin, Base):
            return self._inherited(origin.of, name, depth, moment) or frozenset({UNKNOWN})
        owner = origin.of if isinstance(origin, Instance) else origin
        found = self._member(owner, name, depth, moment)
        if isinstance(origin, Instance):
            for value, method in owner.attributes.get(name, []):
                found |= self.origins(value, self.scope(method), depth)
        return found or frozenset({UNKNOWN})  # its own, or inherited from afar: no "?.name"

    def _member(self, owner: Class, name: str, depth: int, moment: int | None) -> frozenset[Origin]:
        if depth > DEPTH:
            raise TooIntricate
        found: frozenset[Origin] = NOTHING
        for when, attribute, binding, certain in reversed(owner.patches):
            if attribute == name and (moment is None or when < moment):
                found |= self._bound([binding], depth + 1)
                if certain:
                    return found
        if name in owner.body.bindings:
            return found | self.named(name, owner.body, depth + 1)
        return found | self._inherited(owner, name, depth, moment)

    def _inherited(self, owner: Class, name: str, depth: int, moment: int | None) -> frozenset[Origin]:
        found: frozenset[Origin] = NOTHING
        for base in owner.node.bases:
            for origin in self.origins(base, owner.outer, depth):
                if isinstance(origin, Class) and origin is not owner:
                    found |= self._member(origin, name, depth + 1, moment)
        return found

    def _attributes(
        self, origins: frozenset[Origin], name: str, depth: int, moment: int | None = None
    ) -> frozenset[Origin]:
        return frozenset[Origin]().union(*(self.attribute(origin, name, depth, moment) for origin in origins))

    def _called(self, node: ast.Call, scope: Scope, depth: int) -> frozenset[Origin]:
        """What a call returns, where it hands on one of its arguments or makes an object."""
        found: set[Origin] = set()
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        given = frozenset[Origin]().union(*(self.origins(value, scope, depth) for value in values))
        given = frozenset(one for one in given if isinstance(one, Routine) or (isinstance(one, Made) and one.of))
        for origin in self.origins(node.func, scope, depth):
            handed = NOTHING
            if isinstance(origin, Library):
                handed = self._by_library(origin.name.removeprefix("builtins."), node, scope, depth)
            found |= handed or self._made(origin, node, given, depth)
        return frozenset(found or {UNKNOWN})

    def _made(self, maker: Origin, node: ast.expr, given: frozenset[Origin], depth: int) -> frozenset[Origin]:
        """What a function makes of those that it is given."""
        if isinstance(maker, Class):
            return frozenset({Instance(maker), *([Made(given)] if given else [])})
        if isinstance(maker, Library):
            name = maker.name.removeprefix("builtins.")
            by = (name[:200], node.lineno, node.col_offset)
            return frozenset({UNKNOWN, *([] if name.startswith("?") or name in FROM_TEXT else [Made(given, by)])})
        if isinstance(maker, Made) and maker.by is not None:
            return frozenset({UNKNOWN, Made(given | maker.of, maker.by)})
        inner = maker.of if isinstance(maker, Made) else frozenset({maker})
        for one in inner:
            given |= self._returned(one, depth) if isinstance(one, Routine) else NOTHING
        return frozenset({UNKNOWN, *([Made(given)] if given else [])})

    def _returned(self, routine: Routine, depth: int) -> frozenset[Origin]:
        """The functions and objects that a function returns."""
        if routine not in self._returns:
            self._returns[routine] = NOTHING  # while it is looked for
            scope, node = self.scope(routine), routine.node
            values = [node.body] if isinstance(node, ast.Lambda) else [*returns(node.body)]
            found = frozenset[Origin]().union(*(self.origins(value, scope, depth) for value in values))
            self._returns[routine] = frozenset(one for one in found if isinstance(one, Routine | Made | Instance))
        return self._returns.get(routine, NOTHING)

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
        if name == "operator.methodcaller" and args:
            method = self.text(args[0], scope)
            return frozenset({Library(f"?.{method}")}) if method else NOTHING
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
            raise TooIntricate
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


def returns(statements: list[ast.stmt]) -> Iterator[ast.expr]:
    """What a function returns, without the functions and classes inside it."""
    todo: list[ast.AST] = [*statements]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            todo += ast.iter_child_nodes(node)
