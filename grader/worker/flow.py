"""Which bindings of a name reach a place where it is used, in the order in which a source is executed.

A name that is bound again stands for the new thing from there on: after `import numpy as f` and `for f in range(3)`,
`f` is a number inside the loop, and either of them behind it. Where several ways lead to a place, what is bound on any
of them reaches it; a function that is called later finds what its module's names stand for in the end, and any binding
of the functions around it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from grader.worker.scopes import (
    MOST,
    UNKNOWN,
    Binding,
    Class,
    Library,
    Origin,
    Routine,
    Scope,
    TooIntricate,
    collect_attributes,
)


@dataclass(eq=False)
class Region:
    """Statements that may be executed in part, or again and again: what is bound anywhere in them may be found at the
    beginning of a loop, in a handler, and behind."""

    bound: dict[str, list[Binding]] = field(default_factory=dict)


Reaching = tuple[Binding | Region, ...]  # a region stands for whatever it binds the name to


@dataclass
class Way:
    """What was bound on the way here since it parted from others."""

    before: Way | None = None
    region: Region | None = None  # of a loop, that begins here
    own: dict[str, Reaching] = field(default_factory=dict)

    def find(self, name: str) -> Reaching | None:
        """What reaches the end of this way; () where the name was deleted, None where it was never bound."""
        at: Way | None = self
        around: tuple[Region, ...] = ()
        while at is not None:
            if name in at.own:
                return _union(at.own[name], around)
            if at.region is not None:
                around = (*around, at.region)
            at = at.before
        return around or None


@dataclass
class Moments:
    """What is known of places in a source, by their nodes: the bindings that reach a name, and how many attributes of
    classes had been assigned to before an attribute was looked up."""

    reaching: dict[int, Reaching] = field(default_factory=dict)
    patches: dict[int, int] = field(default_factory=dict)
    patched: list[tuple[ast.expr, str, Binding, bool]] = field(default_factory=list)  # of whom, which, what, certainly

    def bindings(self, node: ast.Name) -> list[Binding] | None:
        """What a name stands for where it is used; None where that is not known from its own scope."""
        reaching = self.reaching.get(id(node))
        if reaching is None:
            return None
        found: dict[int, Binding] = {}
        for one in reaching:
            for binding in one.bound.get(node.id, []) if isinstance(one, Region) else [one]:
                found[id(binding)] = binding
        return [*found.values()]


class Flow(ast.NodeVisitor):
    """Goes through the statements of a scope in order, and fills it; bodies of functions are left for later."""

    def __init__(
        self, scope: Scope, moments: Moments, path: str = "", owner: Class | None = None, outer: Flow | None = None
    ) -> None:
        self.scope = scope
        self.moments = moments
        self.path = path
        self.owner = owner
        self.outer = outer  # whose names a class body sees
        self.way = Way()
        self.regions: list[Region] = []
        self.every: dict[str, list[Binding]] = {}
        self.certain = True
        self.inside = False
        for name, bindings in scope.bindings.items():
            self.way.own[name] = tuple(bindings)
            self.every[name] = [*bindings]

    def collect(self, statements: Iterable[ast.AST]) -> None:
        """Go through them, and leave in the scope what its names stand for."""
        for statement in statements:
            self.visit(statement)
        if self.scope.kind == "function":
            self.scope.bindings = self.every
        else:
            ends = ((name, self.way.find(name) or ()) for name in self.every)
            self.scope.bindings = {name: _expanded(name, end) for name, end in ends if end}

    # -- binding ------------------------------------------------------------------------------------------------

    def _bind(self, name: str, value: ast.expr | Origin) -> None:
        binding = (value, self.scope)
        self.way.own[name] = (binding,)
        if self.inside:  # a comprehension
            self.scope.hidden.setdefault(name, []).append(binding)
            return
        self.every.setdefault(name, []).append(binding)
        for region in self.regions:
            region.bound.setdefault(name, []).append(binding)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, value)
        elif isinstance(target, ast.Attribute):
            self.visit(target.value)
            if self.scope.kind == "module":
                self.moments.patched.append((target.value, target.attr, (value, self.scope), self.certain))
        elif isinstance(target, ast.Tuple | ast.List):
            pairs = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            values = value.elts if pairs else [_item(value)] * len(target.elts)  # type: ignore[attr-defined]
            for part, one in zip(target.elts, values, strict=True):
                self._assign(part.value if isinstance(part, ast.Starred) else part, one)
        else:
            self.visit(target)

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
        self._before(node)
        self._bind(node.name, Routine(f"{self.path}{node.name}", node, self.scope, self.owner))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._before(node)

    def _before(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """What is evaluated when a function is defined."""
        for default in (*node.args.defaults, *node.args.kw_defaults, *getattr(node, "decorator_list", ())):
            if default is not None:
                self.visit(default)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.bases, *(keyword.value for keyword in node.keywords), *node.decorator_list):
            self.visit(part)
        body = Scope(self.scope, "class")
        found = Class(node.name, node, self.scope, body)
        inside = Flow(body, self.moments, f"{self.path}{node.name}.", found, self)
        inside.collect(node.body)
        for bindings in inside.every.values():
            for value, _ in bindings:
                if isinstance(value, Routine):
                    collect_attributes(found, value)
        self._bind(node.name, found)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            if self.way.find(node.target.id) is None:
                self._bind(node.target.id, UNKNOWN)
        else:
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._assign(node.target, node.value)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.way.own[target.id] = ()
            else:
                self.visit(target)

    def _bind_text(self, name: str | None) -> None:
        if name is not None:
            self._bind(name, UNKNOWN)

    # -- using --------------------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            flow: Flow | None = self
            while flow is not None:
                reaching = flow.way.find(node.id)
                if reaching:
                    self.moments.reaching[id(node)] = reaching
                    return
                flow = flow.outer
            if self.scope.kind == "module" and not self.scope.stars:
                self.moments.reaching[id(node)] = ((Library(node.id), self.scope),)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        while isinstance(node.value, ast.Attribute):
            self.moments.patches[id(node)] = len(self.moments.patched)
            node = node.value
        self.moments.patches[id(node)] = len(self.moments.patched)
        self.visit(node.value)

    # -- ways that part -----------------------------------------------------------------------------------------

    @contextmanager
    def _parted(self, region: Region | None = None, loop: bool = False) -> Iterator[Way]:
        """A way of its own for what is gone through inside; `region`: that it belongs to."""
        before, certain = self.way, self.certain
        self.way, self.certain = Way(before, region if loop else None), False
        self.regions += [region] if region is not None else []
        yield self.way
        if region is not None:
            self.regions.pop()
        self.way, self.certain = before, certain

    def _join(self, ways: Sequence[Way]) -> None:
        """Go on behind ways that have parted here: each name stands for what any of them leads to."""
        for name in {name: None for way in ways for name in way.own}:
            here, found = self.way.find(name), ()  # type: tuple[Reaching | None, Reaching]
            for way in ways:
                found = _union(found, way.own.get(name, here) or ())
            self.way.own[name] = found

    def _widen(self, region: Region) -> None:
        """Go on behind a region that may have been left anywhere."""
        for name, bindings in region.bound.items():
            self.way.own[name] = _union(self.way.find(name) or (), tuple(bindings))

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _branches(self, blocks: Iterable[Sequence[ast.stmt]]) -> None:
        ways = []
        for block in blocks:
            with self._parted() as way:
                self._visit_all(block)
            if not ends(block):
                ways.append(way)
        self._join(ways)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._branches([node.body, node.orelse])

    @contextmanager
    def _looped(self) -> Iterator[None]:
        region = Region()
        with self._parted(region, loop=True):
            yield
        self._widen(region)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        with self._looped():
            self._assign(node.target, _item(node.iter))
            self._visit_all(node.body)
        self._visit_all(node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        with self._looped():
            self.visit(node.test)
            self._visit_all(node.body)
        self._visit_all(node.orelse)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, item.context_expr)
        region = Region()  # a manager may suppress what is raised inside
        self.regions.append(region)
        self._visit_all(node.body)
        self.regions.pop()
        self._widen(region)

    visit_AsyncWith = visit_With

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        region, whole = Region(), Region()
        self.regions.append(whole)
        ways: list[Way] = []
        with self._parted(region) as way:
            self._visit_all([*node.body, *node.orelse])
        ways += [] if ends([*node.body, *node.orelse]) else [way]
        for handler in node.handlers:
            with self._parted() as way:
                self._widen(region)
                if handler.type is not None:
                    self.visit(handler.type)
                self._bind_text(handler.name)
                self._visit_all(handler.body)
                if handler.name is not None:
                    way.own[handler.name] = ()
            ways += [] if ends(handler.body) else [way]
        self.regions.pop()
        self._join(ways)
        if node.finalbody:
            self._widen(whole)
            self._visit_all(node.finalbody)

    visit_TryStar = visit_Try

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ways = [Way(self.way)]
        for case in node.cases:
            with self._parted() as way:
                for part in ast.walk(case.pattern):
                    if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name is not None:
                        self._bind(part.name, node.subject)
                    elif isinstance(part, ast.MatchMapping):
                        self._bind_text(part.rest)
                    elif isinstance(part, ast.MatchValue):
                        self.visit(part.value)
                self._visit_all([case.guard] if case.guard is not None else [])
                self._visit_all(case.body)
            ways += [] if ends(case.body) else [way]
        self._join(ways)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """A scope of its own, but for what `:=` binds."""
        targets: set[str] = set()
        with self._parted() as way:
            for generator in node.generators:
                self.visit(generator.iter)
                targets |= {part.id for part in ast.walk(generator.target) if isinstance(part, ast.Name)}
                before, self.inside = self.inside, True
                self._assign(generator.target, _item(generator.iter))
                self.inside = before
                self._visit_all(generator.ifs)
            self._visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        way.own = {name: found for name, found in way.own.items() if name not in targets}
        self._join([way, Way(self.way)])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension


def _union(one: Reaching, other: Reaching) -> Reaching:
    found = tuple(dict.fromkeys((*one, *other))) if other else one
    if len(found) > MOST:
        raise TooIntricate
    return found


def _expanded(name: str, reaching: Reaching) -> list[Binding]:
    found: list[Binding] = []
    for one in reaching:
        found += one.bound.get(name, []) if isinstance(one, Region) else [one]
    return found


def _item(container: ast.expr) -> ast.expr:
    """Some item of a container, as an expression."""
    node = ast.Subscript(container, ast.Constant(None), ast.Load())
    return ast.copy_location(node, container)


def ends(statements: Sequence[ast.stmt]) -> bool:
    """Whether nothing that follows is reached."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, ast.If):
        return ends(last.body) and ends(last.orelse)
    return isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break)
