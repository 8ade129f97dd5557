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
    *("reversed", "divmod", "isinstance", "hasattr", "getattr", "os.path.exists", "os.path.isfile", "os.path.isdir"),
    *("partial", "functools.partial", "namedtuple", "collections.namedtuple", "OrderedDict", "defaultdict"),
    *("collections.OrderedDict", "collections.defaultdict", "Counter", "collections.Counter", "os.path.join"),
    *("math.sqrt", "math.log", "math.exp", "torch.device", "torch.cuda.is_available", "torch.Size"),
    *(f"{numpy}.{name}" for numpy in ("np", "numpy") for name in ("array", "sqrt", "log", "arange", "eye", "zeros")),
    *(f"torch.{name}" for name in ("tensor", "arange", "zeros", "ones", "eye", "linspace", "finfo", "as_tensor")),
}
# Methods of whatever a constant is, for which the same holds.
METHODS = {
    *(
        "items",
        "keys",
        "values",
        "get",
        "copy",
        "split",
        "join",
        "format",
        "lower",
        "upper",
        "strip",
        "replace",
        "index",
    ),
    *(
        "view",
        "reshape",
        "to",
        "float",
        "double",
        "long",
        "int",
        "cuda",
        "cpu",
        "type",
        "clone",
        "t",
        "numpy",
        "tolist",
    ),
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Kind(Enum):
    """How a statement takes part in a module."""

    IMPORT = "import"
    VALUE = "value"  # a definition or a constant
    BINDING = "binding"  # Class.name = ..., setattr(Class, ...)


@dataclass(frozen=True)
class Kept:
    """A statement that is kept. `needs`: the names that it reads when it is executed; `changes`: those of variables
    that it changes; `dropped`: statements inside it that are not kept."""

    node: ast.stmt
    kind: Kind
    names: frozenset[str]
    needs: frozenset[str]
    star: bool = False
    changes: frozenset[str] = frozenset()
    dropped: tuple[ast.stmt, ...] = ()

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
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return _assignment(node)
    if isinstance(node, ast.Expr) and _sets_attribute(node.value):
        return Kept(node, Kind.BINDING, frozenset(), frozenset(needs(node)))
    if isinstance(node, ast.If) and plain(node.test):
        return _block(node, [*node.body, *node.orelse], itself)
    if isinstance(node, ast.Try):
        handled = [statement for handler in node.handlers for statement in handler.body]
        return _block(node, [*node.body, *node.orelse, *handled, *node.finalbody], itself)
    if isinstance(node, ast.With) and all(_sets_a_mode(item.context_expr) for item in node.items):
        return _block(node, node.body, itself)
    if isinstance(node, ast.For) and plain(node.iter) and not node.orelse:
        return _table(node, itself)
    return None


def assigned(node: ast.stmt) -> Iterator[str]:
    """The variables that a top-level statement assigns, also inside loops and blocks."""
    if isinstance(node, Function | ast.ClassDef | ast.Import | ast.ImportFrom):
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The names that an import binds, as far as it says."""
    yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*")


def _import(node: ast.Import | ast.ImportFrom, itself: str) -> Kept | None:
    star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    if isinstance(node, ast.ImportFrom) and (node.level or node.module == itself):
        return None
    if isinstance(node, ast.Import) and any(alias.name == itself for alias in node.names):
        return None
    return Kept(node, Kind.IMPORT, frozenset(imported(node)), frozenset(), star)


def _assignment(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Kept | None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None or not plain(node.value):
        return None
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    read = frozenset(needs(node))
    if isinstance(node, ast.AugAssign) or all(isinstance(target, ast.Subscript) for target in flat):
        roots = frozenset(map(root, flat))
        whole = "" not in roots and all(plain(target) for target in flat)
        return Kept(node, Kind.BINDING, frozenset(), read | roots, changes=roots) if whole else None
    if all(isinstance(target, ast.Name) for target in flat):
        names = frozenset(target.id for target in flat if isinstance(target, ast.Name))
        return Kept(node, Kind.VALUE, names, read)
    if all(isinstance(target, ast.Attribute) and dotted(target) for target in flat):
        return Kept(node, Kind.BINDING, frozenset(), read)
    return None


def root(target: ast.expr) -> str:
    """The variable that an assignment to a part of it changes; "" where it is none."""
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _block(node: ast.stmt, inside: Sequence[ast.stmt], itself: str) -> Kept | None:
    """A block of statements: those in it that would be kept outside of it. Where some of them are values, bindings are
    not."""
    parts = {part: kept(part, itself) for part in inside if not isinstance(part, ast.Pass)}
    found = [part for part in parts.values() if part is not None]
    values = [part for part in found if part.kind is not Kind.BINDING]
    if values:
        found = values
    if not found:
        return None
    dropped = [part for part, is_kept in parts.items() if is_kept not in found]
    dropped += [statement for part in found for statement in part.dropped]
    kind = found[0].kind if len({part.kind for part in found}) == 1 else Kind.VALUE
    names = frozenset[str]().union(*(part.names for part in found))
    read = set().union(*(part.needs for part in found), *map(needs, _heads(node)))
    changes = frozenset[str]().union(*(part.changes for part in found))
    star = any(part.star for part in found)
    return Kept(node, kind, names, frozenset(read - names), star, changes, tuple(dropped))


def _heads(node: ast.stmt) -> Iterator[ast.AST]:
    """What a block evaluates itself."""
    if isinstance(node, ast.If):
        yield node.test
    elif isinstance(node, ast.With):
        yield from (item.context_expr for item in node.items)
    elif isinstance(node, ast.Try):
        yield from (handler.type for handler in node.handlers if handler.type is not None)


def _table(node: ast.For, itself: str) -> Kept | None:
    """A loop that fills a table: it holds nothing but assignments, and changes a variable from outside."""
    parts = [kept(part, itself) for part in node.body if not isinstance(part, ast.Pass)]
    found = [part for part in parts if part is not None and not part.defines and not part.dropped]
    changes = frozenset[str]().union(*(part.changes for part in found))
    if len(found) != len(parts) or not changes or any(part.kind is Kind.IMPORT for part in found):
        return None
    return Kept(node, Kind.BINDING, frozenset(), frozenset(needs(node)) | changes, changes=changes)


def _sets_a_mode(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and dotted(value.func) in {"torch.no_grad", "torch.enable_grad", "no_grad"}


def _sets_attribute(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and dotted(value.func) == "setattr"
        and not value.keywords
        and all(plain(argument) for argument in value.args)
    )


# -- expressions -------------------------------------------------------------------------------------------------------

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
PLAIN = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp),
    *(ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue, ast.Starred),
    *(*COMPREHENSIONS, ast.comprehension),
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
                if not isinstance(node.func, ast.Attribute) or node.func.attr not in METHODS:
                    return False
                todo.append(node.func.value)
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
        elif isinstance(one, COMPREHENSIONS):
            parts = [part for child in ast.iter_child_nodes(one) for part in _flat(child)]
            own = {name.id for name in ast.walk(one) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
            read |= set().union(*(needs(part, defaults=defaults) for part in parts)) - own
        elif isinstance(one, ast.Name):
            (bound if isinstance(one.ctx, ast.Store) and one is not node else read).add(one.id)
        else:
            todo.extend(ast.iter_child_nodes(one))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        bound.clear()  # `x = x + 1` reads x
    return read - bound - BUILTINS


def _flat(node: ast.AST) -> Iterable[ast.AST]:
    """What of a comprehension's part is read: the target of its loop is not."""
    return (node.iter, *node.ifs) if isinstance(node, ast.comprehension) else (node,)


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
            yield from imported(statement)
        else:
            yield from assigned(statement)
