"""Which top-level statements of a notebook make a module: imports, definitions, constants, and bindings such as
`Linear.forward = linear_forward`. Whatever else a cell does (plots, training, downloads) is left out."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

BUILTINS = frozenset(dir(builtins))

# What may be called to make a constant: quick, without a trace, and there wherever torch is.
MAKES_CONSTANTS = {
    *("bool", "bytes", "dict", "enumerate", "float", "frozenset", "int", "len", "list", "max", "min", "range", "round"),
    *("set", "slice", "sorted", "str", "sum", "tuple", "zip", "abs", "staticmethod", "classmethod", "property"),
    *("partial", "functools.partial", "namedtuple", "collections.namedtuple", "math.sqrt", "math.log", "math.exp"),
    *("np.array", "numpy.array", "np.sqrt", "np.log", "np.arange", "np.eye", "torch.tensor", "torch.arange"),
    *("torch.device", "torch.cuda.is_available", "torch.Size"),
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Kind(Enum):
    """How a statement takes part in a module."""

    IMPORT = "import"
    VALUE = "value"  # a definition or a constant
    BINDING = "binding"  # Class.name = ..., setattr(Class, ...)


@dataclass(frozen=True)
class Kept:
    """A statement that is kept. `needs`: the names that it reads when it is executed."""

    node: ast.stmt
    kind: Kind
    names: frozenset[str]
    needs: frozenset[str]
    star: bool = False

    @property
    def defines(self) -> bool:
        """Whether it is a function or a class."""
        return isinstance(self.node, Function | ast.ClassDef)


def kept(node: ast.stmt, itself: str) -> Kept | None:
    """The statement's part in the module called `itself`; None where it has none."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _import(node, itself)
    if isinstance(node, Function | ast.ClassDef):
        return Kept(node, Kind.VALUE, frozenset({node.name}), frozenset(needs(node)))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return _assignment(node)
    if isinstance(node, ast.Expr) and _sets_attribute(node.value):
        return Kept(node, Kind.BINDING, frozenset(), frozenset(needs(node)))
    if isinstance(node, ast.If) and plain(node.test):
        return _block(node, [*node.body, *node.orelse], itself)
    if isinstance(node, ast.Try) and not node.finalbody:
        inside = [*node.body, *node.orelse, *(s for handler in node.handlers for s in handler.body)]
        return _block(node, inside, itself)
    return None


def assigned(node: ast.stmt) -> Iterator[str]:
    """The variables that a top-level statement assigns, also inside loops and blocks."""
    if isinstance(node, Function | ast.ClassDef | ast.Import | ast.ImportFrom):
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _import(node: ast.Import | ast.ImportFrom, itself: str) -> Kept | None:
    star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    if isinstance(node, ast.ImportFrom) and (node.level or node.module == itself):
        return None
    if isinstance(node, ast.Import) and any(alias.name == itself for alias in node.names):
        return None
    names = frozenset((alias.asname or alias.name.partition(".")[0]) for alias in node.names) - {"*"}
    return Kept(node, Kind.IMPORT, names, frozenset(), star)


def _assignment(node: ast.Assign | ast.AnnAssign) -> Kept | None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None or not plain(node.value):
        return None
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    if all(isinstance(target, ast.Name) for target in flat):
        names = frozenset(target.id for target in flat if isinstance(target, ast.Name))
        return Kept(node, Kind.VALUE, names, frozenset(needs(node)))
    if all(isinstance(target, ast.Attribute) and dotted(target) for target in flat):
        return Kept(node, Kind.BINDING, frozenset(), frozenset(needs(node)))
    return None


def _block(node: ast.stmt, inside: Sequence[ast.stmt], itself: str) -> Kept | None:
    """An `if` or `try` that holds nothing but what would be kept outside of it."""
    parts = [kept(part, itself) for part in inside if not isinstance(part, ast.Pass)]
    found = [part for part in parts if part is not None and part.kind is not Kind.BINDING]
    if len(found) != len(parts) or not found:
        return None
    kind = Kind.IMPORT if all(part.kind is Kind.IMPORT for part in found) else Kind.VALUE
    names = frozenset[str]().union(*(part.names for part in found))
    return Kept(node, kind, names, frozenset(needs(node)) - names, any(part.star for part in found))


def _sets_attribute(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and dotted(value.func) == "setattr"
        and not value.keywords
        and all(plain(argument) for argument in value.args)
    )


# -- expressions -------------------------------------------------------------------------------------------------------

PLAIN = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp),
    *(ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue, ast.Starred),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.keyword),
)


def plain(value: ast.AST) -> bool:
    """Whether an expression makes a constant: literals, names, what is made of them, and a few calls."""
    todo: list[ast.AST] = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Lambda):
            todo.extend(default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None)
        elif isinstance(node, ast.Call):
            if dotted(node.func) not in MAKES_CONSTANTS:
                return False
            todo.extend([*node.args, *node.keywords])
        elif isinstance(node, PLAIN):
            todo.extend(ast.iter_child_nodes(node))
        else:
            return False
    return True


def dotted(node: ast.expr) -> str:
    """ "a.b.c", or "" where it is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def as_defaults(node: ast.AST) -> set[str]:
    """The names that are read as defaults of arguments and nowhere else, when a statement is executed."""
    return needs(node) - needs(node, defaults=False)


def needs(node: ast.AST, *, defaults: bool = True) -> set[str]:
    """The names that are read when a statement is executed, and not only when a function in it is called; `defaults`:
    those of arguments among them."""
    read: set[str] = set()
    bound: set[str] = set()
    todo: list[ast.AST] = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, Function | ast.Lambda):
            todo.extend(_outside(one, defaults))
        elif isinstance(one, ast.ClassDef):
            todo.extend([*one.decorator_list, *one.bases, *one.keywords])
            inside = (needs(part, defaults=defaults) for part in one.body)
            read |= set().union(*inside) - set(_bound(one.body))
        elif isinstance(one, ast.Name):
            (bound if isinstance(one.ctx, ast.Store) and one is not node else read).add(one.id)
        else:
            todo.extend(ast.iter_child_nodes(one))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        bound -= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)} if node.value else set()
    return read - bound - BUILTINS


def _outside(node: Function | ast.Lambda, defaults: bool) -> Iterable[ast.AST]:
    """What of a function is evaluated where it is defined."""
    arguments = node.args
    if defaults:
        yield from (default for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None)
    if isinstance(node, ast.Lambda):
        return
    yield from node.decorator_list
    each = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (one.annotation for one in each if one is not None and one.annotation is not None)
    if node.returns is not None:
        yield node.returns


def _bound(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that a class body binds."""
    for statement in body:
        if isinstance(statement, Function | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        else:
            yield from assigned(statement)
