"""Which functions of a source are still what a course hands out: nothing but placeholders.

Read in a process that has run none of it. Only what is not right is looked at: whatever answers right is written. Three
signs tell. A function says so itself (`raise NotImplementedError`); all of its marked blocks ("TODO" ... "END OF YOUR
CODE") hold placeholders alone; or no statement of it does more than bind placeholders and give one of them, or what it
was given, back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from grader import wire
from grader.worker.bounded import bounded

Function = ast.FunctionDef | ast.AsyncFunctionDef

BEGIN = re.compile(r"\s*#.*\b(TODO|START OF YOUR CODE|BEGIN SOLUTION|YOUR CODE HERE|WRITE YOUR CODE)\b", re.IGNORECASE)
END = re.compile(r"\s*#.*\bEND\b.*\b(YOUR CODE|SOLUTION|TODO)\b", re.IGNORECASE)

MAKERS = {"zeros", "zeros_like", "new_zeros", "empty", "empty_like", "new_empty"}  # of what is filled in later
CONTAINERS = {"dict", "list", "set", "tuple", "OrderedDict", "ModuleDict", "ModuleList", "ParameterDict"}
SIZES = {"shape", "dtype", "device", "ndim", "size", "dim", "numel", "len", "int", "range"}
LOOKED_UP = {"get", "setdefault", "pop"}  # in what was given
NOTHING = (None, False, 0, 0.0, "", b"", ...)
RUN = ("forward", "__call__")  # what a class does, for an exercise that is named after the class


class Kind(Enum):
    """What an expression is good for."""

    EMPTY = "a placeholder"
    GIVEN = "what came in, or a part of it"
    SIZE = "a size, a type or a constant"
    CODE = "something computed"


def find_unwritten(source: bytes, functions: Iterable[str]) -> wire.Unwritten:
    """Which of these functions ("name", "Class.name", "Class") are not written, in bounded memory and time."""
    names = list(functions)
    try:
        with bounded():
            skeleton = _Skeleton(ast.parse(source), source.decode("utf-8", "replace").splitlines(), names)
            return wire.Unwritten([skeleton.about(name) for name in names])
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return wire.Unwritten()


class _Skeleton:
    """The definitions of one module."""

    def __init__(self, tree: ast.Module, lines: list[str], asked: Sequence[str]) -> None:
        self._lines = lines
        self._asked = asked
        self._defined = dict(_definitions(tree.body))

    def about(self, name: str) -> wire.Unwrote:
        """Whether the functions that an exercise of this name is about are written; the first that is not."""
        parts = list(self._parts(name))
        for part in parts:
            node = self._defined[part]
            if isinstance(node, Function) and self._is_unwritten(part, node):
                return wire.Unwrote(name, found=True, what=part[:200], line=node.lineno)
        return wire.Unwrote(name, found=bool(parts))

    def _parts(self, name: str) -> Iterator[str]:
        """The functions that an exercise of this name is about: its own, a constructor, and what it calls by name; not
        those that are asked by themselves."""
        found = name
        while found not in self._defined:
            if "." not in found:
                return
            found = found.rpartition(".")[0]
        is_class = isinstance(self._defined[found], ast.ClassDef)
        owner = found if is_class else found.rpartition(".")[0]
        if not is_class:
            yield found
        made = [f"{owner}.{part}" for part in ("__init__", *(RUN if is_class else ()))] if owner else []
        for part in (*made, *self._called(found, owner)):
            if part != found and part in self._defined and part not in self._asked:
                yield part

    def _called(self, name: str, owner: str) -> Iterator[str]:
        """Functions of the module, and methods of the same class, that a function calls by their names."""
        node = self._defined[name]
        for call in ast.walk(node) if isinstance(node, Function) else ():
            function = call.func if isinstance(call, ast.Call) else None
            if isinstance(function, ast.Name):
                yield function.id
            elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                yield f"{owner if function.value.id == 'self' else function.value.id}.{function.attr}"

    def _is_unwritten(self, name: str, node: Function) -> bool:
        if _refuses(node.body):
            return True
        blocks = [block for block in self._blocks(node) if block]
        if blocks:
            return all(all(map(_is_placeholder, block)) for block in blocks)
        if node.name == "__init__":
            return self._is_blank_init(node, self._defined.get(name.rpartition(".")[0]))
        return _Body(node).is_blank

    def _blocks(self, node: Function) -> Iterator[list[ast.stmt]]:
        """The statements of each marked block that has an end."""
        begun = 0
        for number in range(node.lineno, len(self._lines) + 1):
            line = self._lines[number - 1]
            if number > (node.end_lineno or node.lineno) and line.strip() and not line.lstrip().startswith("#"):
                return
            if END.match(line):
                if begun:
                    yield list(_between(node.body, begun, number))
                begun = 0
            elif BEGIN.match(line) and not begun:
                begun = number

    def _is_blank_init(self, node: Function, owner: ast.stmt | None) -> bool:
        """Whether a constructor makes nothing: all that it binds is what it was given, or None for good."""
        body = _Body(node)
        if not body.is_blank or not isinstance(owner, ast.ClassDef):
            return False
        bound = [target for target in ast.walk(owner) if isinstance(target, ast.Assign | ast.AnnAssign)]
        filled = {name for one in bound if not _is_none(one.value) for name in _attributes(one)}
        nones = {name for one in bound if _is_none(one.value) for name in _attributes(one)}
        return bool(nones - filled) or any(isinstance(statement, ast.Pass) for statement in node.body)


def _definitions(body: Sequence[ast.stmt], within: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Functions and classes by name, the last one of a name last."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            yield f"{within}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{within}{node.name}.")
        elif isinstance(node, ast.If):
            yield from _definitions([*node.body, *node.orelse], within)
        elif isinstance(node, ast.Try):
            yield from _definitions([*node.body, *(s for h in node.handlers for s in h.body), *node.orelse], within)


def _refuses(statements: Iterable[ast.stmt]) -> bool:
    """Whether it raises NotImplementedError whatever it is given."""
    for node in statements:
        if isinstance(node, ast.Raise):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
        if isinstance(node, ast.For | ast.While | ast.With) and _refuses(node.body):
            return True
        if isinstance(node, ast.Return):
            return False
    return False


def _between(statements: Iterable[ast.stmt], begin: int, end: int) -> Iterator[ast.stmt]:
    """The outermost statements that lie between two lines."""
    for node in statements:
        if begin < node.lineno and (node.end_lineno or node.lineno) < end:
            yield node
        elif node.lineno < end and (node.end_lineno or node.lineno) > begin:
            yield from _between(_inside(node), begin, end)


def _inside(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statements of a statement's own blocks."""
    for field in ("body", "orelse", "finalbody"):
        yield from getattr(node, field, [])
    for handler in getattr(node, "handlers", []):
        yield from handler.body


def _is_placeholder(node: ast.stmt) -> bool:
    """Whether a statement in a marked block is what stood there before anybody wrote."""
    if isinstance(node, ast.Pass | ast.Raise):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is None or _is_nothing(node.value)
    return isinstance(node, ast.Return) and (node.value is None or _is_nothing(node.value))


def _is_nothing(node: ast.expr) -> bool:
    """None, 0, empty containers, and several of them."""
    if isinstance(node, ast.Constant):
        return any(node.value is one or (node.value == one and type(node.value) is type(one)) for one in NOTHING)
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(_is_nothing, node.elts))
    if isinstance(node, ast.Dict):
        return all(map(_is_nothing, node.values))
    return isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant) and node.operand.value in (0, 1)


def _is_none(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_none, node.elts))
    return isinstance(node, ast.Constant) and node.value is None


def _attributes(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(part, ast.Attribute):
                yield part.attr


class _Body:
    """A function's statements, walked once: whether any of them does something."""

    def __init__(self, node: Function) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
        self._kinds = {argument.arg: Kind.GIVEN for argument in arguments}
        self.is_blank = self._all(node.body)

    def _all(self, statements: Iterable[ast.stmt]) -> bool:
        return all(map(self._is_idle, statements))

    def _is_idle(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Pass | ast.Raise | ast.Import | ast.ImportFrom):
            return True
        if isinstance(node, ast.Expr):
            return _is_super_init(node.value) or self._kind(node.value) is not Kind.CODE
        if isinstance(node, ast.Assert):
            return self._kind(node.test) is not Kind.CODE
        if isinstance(node, ast.Return):
            return node.value is None or self._gives_back(node.value)
        if isinstance(node, ast.If):
            return self._kind(node.test) is not Kind.CODE and self._all(node.body) and self._all(node.orelse)
        if isinstance(node, ast.For) and self._kind(node.iter) is not Kind.CODE:
            return self._binds(node.target, Kind.SIZE) and self._all(node.body)
        if isinstance(node, ast.With):
            return self._all(node.body)
        if isinstance(node, ast.AnnAssign):
            return node.value is None or self._assigns([node.target], node.value)
        return isinstance(node, ast.Assign) and self._assigns(node.targets, node.value)

    def _assigns(self, targets: Iterable[ast.expr], value: ast.expr) -> bool:
        kind = self._kind(value)
        for target in targets:
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
                if not all(self._assigns([one], part) for one, part in zip(target.elts, value.elts, strict=True)):
                    return False
            elif not self._binds(target, kind):
                return False
        return kind is not Kind.CODE

    def _binds(self, target: ast.expr, kind: Kind) -> bool:
        if isinstance(target, ast.Tuple):
            return kind in (Kind.GIVEN, Kind.SIZE) and all(self._binds(one, kind) for one in target.elts)
        if isinstance(target, ast.Name):
            self._kinds[target.id] = kind
        return isinstance(target, ast.Name | ast.Attribute) and kind is not Kind.CODE

    def _gives_back(self, node: ast.expr) -> bool:
        """Whether what is returned is a placeholder, or what came in."""
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return all(map(self._gives_back, node.elts))
        if isinstance(node, ast.Dict) and node.values:
            return all(map(self._gives_back, node.values))
        kind = self._kind(node)
        return kind is Kind.EMPTY or (kind is Kind.GIVEN and isinstance(node, ast.Name))

    def _kind(self, node: ast.expr) -> Kind:
        if isinstance(node, ast.Name):
            return self._kinds.get(node.id, Kind.SIZE)  # a constant of the module, or a library
        if isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.Set):
            return self._together(node)
        if isinstance(node, ast.Constant | ast.UnaryOp):
            return Kind.EMPTY if _is_nothing(node) else self._kind_of_operands(node)
        if isinstance(node, ast.Attribute):
            kind = self._kind(node.value)
            return Kind.SIZE if kind is Kind.GIVEN and node.attr in SIZES else kind
        if isinstance(node, ast.Subscript):
            kind, key = self._kind(node.value), node.slice
            named = isinstance(key, ast.Constant) and isinstance(key.value, str)
            return kind if kind is Kind.SIZE or (kind is Kind.GIVEN and named) else Kind.CODE
        if isinstance(node, ast.Compare | ast.BoolOp):
            parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.values
            return Kind.CODE if Kind.CODE in map(self._kind, parts) else Kind.SIZE
        if isinstance(node, ast.BinOp):
            known = {self._kind(node.left), self._kind(node.right)}
            return Kind.SIZE if known <= {Kind.SIZE, Kind.EMPTY} else Kind.CODE
        return self._kind_of_call(node) if isinstance(node, ast.Call) else Kind.CODE

    def _together(self, node: ast.Tuple | ast.List | ast.Dict | ast.Set) -> Kind:
        parts = node.values if isinstance(node, ast.Dict) else node.elts
        kinds = set(map(self._kind, parts))
        if Kind.CODE in kinds:
            return Kind.CODE
        return Kind.EMPTY if kinds <= {Kind.EMPTY} else Kind.GIVEN if Kind.GIVEN in kinds else Kind.SIZE

    def _kind_of_operands(self, node: ast.Constant | ast.UnaryOp) -> Kind:
        if isinstance(node, ast.Constant) or isinstance(node.op, ast.Not):
            return Kind.SIZE
        return Kind.SIZE if self._kind(node.operand) in (Kind.SIZE, Kind.EMPTY) else Kind.CODE

    def _kind_of_call(self, node: ast.Call) -> Kind:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        kinds = [self._kind(part) for part in (*node.args, *(keyword.value for keyword in node.keywords))]
        if isinstance(function, ast.Attribute):
            kinds.append(self._kind(function.value))
        if Kind.CODE in kinds:
            return Kind.CODE
        if name in MAKERS:  # of the size of what came in: else somebody has thought about it
            return Kind.EMPTY if any(map(self._is_about_inputs, (node, function))) else Kind.CODE
        if name in CONTAINERS and not node.args and not node.keywords:
            return Kind.EMPTY
        if name in LOOKED_UP and isinstance(function, ast.Attribute):
            return self._kind(function.value)
        return Kind.SIZE if name in SIZES or name in ("isinstance", "hasattr", "float") else Kind.CODE

    def _is_about_inputs(self, node: ast.AST) -> bool:
        names = (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
        return any(name in self._kinds for name in names)


def _is_super_init(node: ast.expr) -> bool:
    """super().__init__(...)"""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"):
        return False
    base = node.func.value
    return isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super"
