"""Reads a module's source, in a process that has not run any of it: the loops and the names in a function and in
whatever it calls in the same module. What cannot be reached (after a `return`, under `if False`) is not looked at."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from grader import wire
from grader.worker.bounded import bounded
from grader.worker.flow import ends
from grader.worker.implicit import TELLING, bases, dunders, of_the_class, operated
from grader.worker.loops import COMPREHENSIONS, NONE, Paths, calls_again, calls_itself, made_by, makers
from grader.worker.names import DEPTH, Names
from grader.worker.scopes import MOST, Class, Instance, Library, Made, Origin, Routine, TooIntricate
from grader.worker.spellings import public_names
from grader.worker.steps import Steps

FRAMES = 5_000  # of Python, that reading may take
CONSTANT_STEPS = 64  # a literal range of at most so many steps is a constant loop


def inspect(source: bytes, functions: Iterable[str]) -> wire.Inspection:
    """What these functions do, in bounded memory and time."""
    before = sys.getrecursionlimit()
    try:
        with bounded():
            tree = ast.parse(source)
            sys.setrecursionlimit(FRAMES)  # for what is as deep as DEPTH; only now, since parsing is bounded by it too
            reader = Reader(tree)
            return wire.Inspection([reader.inspected(name) for name in functions])
    except (SyntaxError, ValueError) as error:
        return wire.Inspection(problem=f"does not parse: {str(error)[:200]}")
    except (MemoryError, RecursionError):
        return wire.Inspection(problem="is too large or too deeply nested to be read")
    except TooIntricate:
        return wire.Inspection(problem="is too intricate to be read")
    finally:
        sys.setrecursionlimit(before)


@dataclass
class Read:
    """What was read of one function."""

    paths: Paths = NONE
    uses: dict[str, int] = field(default_factory=dict)  # the first line of each name
    calls: dict[Routine, None] = field(default_factory=dict)
    done: bool = False


class Reader:
    """Reads the functions of one module, each once."""

    def __init__(self, tree: ast.Module) -> None:
        self.names = Names(tree)
        self._read: dict[Routine, Read] = {}

    def inspected(self, name: str) -> wire.Inspected:
        """A function, a method, or a class with all of its methods."""
        origins = self._find(name)
        roots = [*dict.fromkeys(self.roots(origins))]
        unread = self._doubt(name)
        if not roots:
            away = [o.name.rpartition(".")[0] for o in origins if isinstance(o, Library) and "." in o.name]
            return wire.Inspected(name, imported_from=(away or [""])[0][:200], unread=unread)
        paths, uses = NONE, []
        for root in roots:
            paths = paths.then(self.read(root).paths)
        for used, line, column in makers(origins):
            paths = paths.then(made_by(used, line, column, name))
            uses.append(wire.Use(line, used, name))
        uses += [
            wire.Use(line, used, routine.name)
            for routine in self._reached(roots)
            for used, line in self._read[routine].uses.items()
        ]
        uses += [wire.Use(use.line, other, use.function) for use in uses for other in public_names(use.name)]
        if len(uses) > MOST:
            raise TooIntricate
        every, varying = paths.loops
        return wire.Inspected(
            name,
            found=True,
            loops=every,
            varying=varying,
            uses=sorted(uses, key=lambda use: use.line),
            unread=unread,
            stars=self._stars(roots),
        )

    def read(self, routine: Routine) -> Read:
        """What a function does, itself and through what it calls."""
        if routine not in self._read:
            read = self._read[routine] = Read()
            read.paths = _Body(self, routine, read).paths()
            read.done = True
        return self._read[routine]

    def _doubt(self, name: str) -> str:
        """Why a name may stand for something else than what is read."""
        first = name.partition(".")[0]
        bindings = self.names.module.bindings.get(first, [])
        if not bindings and "__getattr__" in self.names.module.bindings:
            return "what it has no `def` of is made by its `__getattr__`"
        last = 0
        for value, where in bindings:
            node = value.node if isinstance(value, Routine | Class) else value
            last = max(last, getattr(node, "lineno", 0))
            found = self.names.origins(value, where) if isinstance(value, ast.expr) else {value}
            if len(bindings) > 1 and not any(True for _ in self.roots(found)) and not isinstance(value, Class):
                line = getattr(node, "lineno", 0)
                return f"line {line} binds `{first}` to something else" if line else f"it may import `{first}`"
        return self.names.rebinding.doubt(name, last)

    def _stars(self, roots: Iterable[Routine]) -> list[wire.Use]:
        """Of which modules everything is imported after a function that is read was defined: it may be theirs."""
        read = [routine.node.lineno for routine in self._reached([*roots]) if routine.outer.kind == "module"]
        stars = self.names.rebinding.stars.items()
        return [wire.Use(line, module[:200], "") for line, module in stars if read and line > min(read)]

    def _find(self, name: str) -> frozenset[Origin]:
        first, *rest = name.split(".")
        if first not in self.names.module.bindings and not self.names.module.stars:
            return frozenset()
        origins = self.names.named(first, self.names.module)
        for part in rest:
            origins = frozenset[Origin]().union(*(self.names.attribute(origin, part) for origin in origins))
        return origins

    def roots(self, origins: Iterable[Origin], depth: int = 0) -> Iterator[Routine]:
        """The functions that run when one of these is used."""
        for origin in origins:
            if isinstance(origin, Routine):
                yield origin
            elif isinstance(origin, Class):
                yield from self.methods(origin)
            elif isinstance(origin, Instance):
                yield from self.called(origin)
            elif isinstance(origin, Made):
                if depth > DEPTH:
                    raise TooIntricate
                yield from self.roots(origin.of, depth + 1)

    def called(self, origin: Class | Instance) -> Iterator[Routine]:
        """The methods that run when a class or an object is called."""
        made = ("__init__", "__new__", "__post_init__") if isinstance(origin, Class) else ("__call__", "forward")
        for name in made:
            for method in self.names.attribute(origin, name):
                if isinstance(method, Routine):
                    yield method

    def methods(self, owner: Class) -> Iterator[Routine]:
        """All methods of a class."""
        names = dict.fromkeys([*owner.body.bindings, *(attribute for _, attribute, _, _ in owner.patches)])
        for name in names:
            for origin in self.names.attribute(owner, name):
                if isinstance(origin, Routine):
                    yield origin

    def _reached(self, roots: Sequence[Routine]) -> list[Routine]:
        seen = dict.fromkeys(roots)
        todo = list(roots)
        while todo:
            for routine in self.read(todo.pop()).calls:
                if routine not in seen:
                    seen[routine] = None
                    todo.append(routine)
        return list(seen)


class _Body:
    """One function's statements and expressions, walked once."""

    def __init__(self, reader: Reader, routine: Routine, read: Read) -> None:
        self._reader = reader
        self._names = reader.names
        self._routine = routine
        self._read = read
        self._scope = reader.names.scope(routine)

    def paths(self) -> Paths:
        node = self._routine.node
        if isinstance(node, ast.Lambda):
            return self._expression(node.body)
        return self._block(node.body)

    # -- statements ---------------------------------------------------------------------------------------------

    def _block(self, statements: Sequence[ast.stmt]) -> Paths:
        paths = NONE
        for i, statement in enumerate(statements):
            if isinstance(statement, ast.If):
                body, orelse = self._branches(statement)
                rest = statements[i + 1 :]
                ended = [ends(branch) for branch in (body, orelse)]
                paths = paths.then(self._expression(statement.test))
                if ended[0] and not ended[1]:  # what follows is the other branch
                    return paths.then(self._block(body).instead(self._block([*orelse, *rest])))
                paths = paths.then(self._block(body).instead(self._block(orelse)))
                if all(ended):
                    return paths
                continue
            paths = paths.then(self._statement(statement))
            if ends([statement]):
                return paths
        return paths

    def _branches(self, node: ast.If) -> tuple[list[ast.stmt], list[ast.stmt]]:
        if isinstance(node.test, ast.Constant):
            return (node.body, []) if node.test.value else (node.orelse, [])
        return node.body, node.orelse

    def _statement(self, node: ast.stmt) -> Paths:
        if isinstance(node, ast.For | ast.AsyncFor):
            loop = self._loop(node, "`for` loop", self._steps(node.iter) is not None)
            inside = self._block(node.body).then(self._block(node.orelse))
            return self._expression(node.iter).then(loop).then(inside)
        if isinstance(node, ast.While):
            if isinstance(node.test, ast.Constant) and not node.test.value:
                return self._block(node.orelse)
            loop = self._loop(node, "`while` loop")
            return self._expression(node.test).then(loop).then(self._block(node.body)).then(self._block(node.orelse))
        if isinstance(node, ast.Try | ast.TryStar):
            usual = self._block([*node.body, *node.orelse])
            caught = [self._block([*handler.body]) for handler in node.handlers]
            for paths in caught:
                usual = usual.instead(paths)
            return usual.then(self._block(node.finalbody))
        if isinstance(node, ast.With | ast.AsyncWith):
            return self._each(item.context_expr for item in node.items).then(self._block(node.body))
        if isinstance(node, ast.Match):
            paths = NONE
            for case in node.cases:
                paths = paths.instead(self._block(case.body))
            return self._expression(node.subject).then(paths)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):  # counts where it is called
            defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
            return self._each(defaults)
        if isinstance(node, ast.ClassDef):
            paths = NONE
            for origin in self._names.named(node.name, self._scope):
                if isinstance(origin, Class):
                    for method in self._reader.methods(origin):
                        paths = paths.then(self._call(method, node))
            return paths
        if isinstance(node, ast.AnnAssign):
            return self._expression(node.value) if node.value is not None else NONE
        return self._each(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    # -- expressions --------------------------------------------------------------------------------------------

    def _each(self, nodes: Iterable[ast.expr]) -> Paths:
        paths = NONE
        for node in nodes:
            paths = paths.then(self._expression(node))
        return paths

    def _expression(self, node: ast.AST) -> Paths:
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            paths = NONE
            for generator in node.generators:
                constant = self._steps(generator.iter) is not None
                paths = paths.then(self._loop(generator.iter, COMPREHENSIONS[type(node)], constant))
                paths = paths.then(self._each([generator.iter, *generator.ifs]))
            made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            return paths.then(self._each(made))
        if isinstance(node, ast.Lambda):
            return self._call(self._names.lambda_(node, self._scope), node)
        if isinstance(node, ast.IfExp):
            return self._expression(node.test).then(self._expression(node.body).instead(self._expression(node.orelse)))
        if isinstance(node, ast.Call):
            paths = self._mention(node.func, called=True).then(self._mention(node, called=False))
            paths = paths.then(self._called(node))
            return paths.then(self._below(node.func)).then(self._each([*node.args, *(k.value for k in node.keywords)]))
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            paths = self._mention(node, called=False) if isinstance(node.ctx, ast.Load) else NONE
            return paths.then(self._operated(node)).then(self._below(node))
        if isinstance(node, ast.FormattedValue):
            return self._told(node.value).then(self._each([node.value]))
        rest = self._each(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
        return self._operated(node).then(rest)

    def _operated(self, node: ast.AST) -> Paths:
        paths = NONE
        for method in operated(self._names, node, self._scope):
            paths = paths.then(self._call(method, node))
        return paths

    def _below(self, node: ast.expr) -> Paths:
        """What stands in a chain a.b[c].d that has been looked at as a whole."""
        if isinstance(node, ast.Attribute):
            return self._below(node.value)
        if isinstance(node, ast.Subscript):
            return self._expression(node.value).then(self._expression(node.slice))
        return NONE if isinstance(node, ast.Name) else self._expression(node)

    def _mention(self, node: ast.expr, called: bool) -> Paths:
        """A name that is used: a library's is noted, a function of this module is followed."""
        origins = self._names.origins(node, self._scope)
        stands_alone = not any(isinstance(origin, Routine) for origin in origins)
        paths = NONE
        for origin in origins:
            if isinstance(origin, Made) and stands_alone and not called:
                continue  # it may be any value that a call has returned
            if isinstance(origin, Library):
                name = origin.name.removeprefix("builtins.")
                if name != "?" and (called or ("." in name and not name.startswith("?"))):
                    self._use(name, node.lineno)
            elif isinstance(origin, Routine):
                paths = paths.then(self._call(origin, node))
            elif isinstance(origin, Made):
                paths = paths.then(self._made(origin, node))
            elif isinstance(origin, Class | Instance):
                for method in self._reader.called(origin) if called else ():
                    paths = paths.then(self._call(method, node))
                paths = paths.then(self._implied(origin, node, called))
        return paths

    def _implied(self, origin: Class | Instance, node: ast.expr, called: bool) -> Paths:
        """What may be called of an object that is made, or used, without being told to."""
        owner = origin.of if isinstance(origin, Instance) else origin
        if isinstance(origin, Instance) and owner is self._routine.owner:
            return NONE  # itself, which somebody has made
        paths = NONE
        if isinstance(origin, Class):
            for method in of_the_class(self._names, owner):
                paths = paths.then(self._also(method))
            if not called:
                return paths
            for base in bases(self._names, owner):
                self._use(base.name, node.lineno)
        for method in dunders(self._names, owner):
            paths = paths.then(self._also(method))
        return paths

    def _told(self, value: ast.expr) -> Paths:
        """A conversion to a text, or a copy, of an object of the module."""
        paths = NONE
        for origin in self._names.origins(value, self._scope):
            if isinstance(origin, Instance):
                for method in dunders(self._names, origin.of, told=True):
                    paths = paths.then(self._also(method))
        return paths

    def _called(self, node: ast.Call) -> Paths:
        """What a call does beyond what it calls by name."""
        paths = NONE
        if name := calls_itself(node, self._names, self._scope):
            paths = self._loop(node, f"recursion: a call of `{name}` with itself")
        for origin in self._names.origins(node.func, self._scope):
            if not isinstance(origin, Library):
                continue
            name = origin.name.removeprefix("builtins.")
            if calls_again(name, node, self._names, self._scope):
                paths = paths.then(self._loop(node.func, f"call of `{name.rpartition('.')[2]}`"))
            if name == "operator.methodcaller" and node.args:
                self._use(f"?.{self._names.text(node.args[0], self._scope)}", node.lineno)
            if name in TELLING:
                for value in node.args:
                    paths = paths.then(self._told(value))
        return paths

    def _also(self, routine: Routine) -> Paths:
        """A method that may be called; that it calls itself is not certain."""
        self._read.calls[routine] = None
        read = self._reader.read(routine)
        return read.paths if read.done else NONE

    def _made(self, origin: Made, node: ast.expr) -> Paths:
        """A call of what another call has made of functions."""
        paths = NONE
        for used, line, column in makers([origin]):
            self._use(used, line)
            paths = paths.then(made_by(used, line, column, self._routine.name))
        for routine in self._reader.roots([origin]):
            paths = paths.then(self._call(routine, node))
        return paths

    def _use(self, name: str, line: int) -> None:
        name = name[:200]
        self._read.uses[name] = min(line, self._read.uses.get(name, line))

    def _call(self, routine: Routine, node: ast.AST) -> Paths:
        self._read.calls[routine] = None
        read = self._reader.read(routine)
        return read.paths if read.done else self._loop(node, f"recursion: a call of `{routine.name}`")

    def _loop(self, node: ast.AST, kind: str, constant: bool = False) -> Paths:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        found = frozenset({(line, column, kind, self._routine.name)})
        return Paths(found, frozenset() if constant else found)

    def _steps(self, node: ast.expr) -> int | None:
        """How many items an expression has, where the source says so; None also where they are too many."""
        steps = Steps(self._names, self._scope)(node)
        return steps if steps is not None and steps <= CONSTANT_STEPS else None
