"""Methods that nobody calls by name: those of operators, of subscripts, of `with` and of conversions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.worker.names import Names
from grader.worker.scopes import Class, Instance, Library, Origin, Routine, Scope

OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
MADE = {"__init__", "__new__", "__post_init__"}  # called where an object is made
TOLD = {"__repr__", "__str__", "__format__", "__copy__", "__deepcopy__", "__reduce__", "__getstate__", "__sizeof__"}
TELLING = {"str", "repr", "format", "print", "ascii", "copy.copy", "copy.deepcopy", "sys.getsizeof", "?.format"}
DEFINING = {"__init_subclass__", "__set_name__", "__prepare__", "__dir__", "__call__", "__class_getitem__"}


def dunders(names: Names, owner: Class, told: bool = False) -> Iterator[Routine]:
    """What Python may call of an object of the class, without being told to by name; with `told`, also what tells it
    as a text."""
    for name in dict.fromkeys(_dunder_names(names, owner)):
        if name not in MADE and name not in DEFINING and (told or name not in TOLD):
            yield from _methods(names, owner, name)


def of_the_class(names: Names, owner: Class) -> Iterator[Routine]:
    """What Python may call of the class itself, which its metaclass says."""
    for keyword in owner.node.keywords:
        if keyword.arg == "metaclass":
            for origin in names.origins(keyword.value, owner.outer):
                if isinstance(origin, Class):
                    yield from dunders(names, origin)
                    yield from _methods(names, origin, "__call__")


def operated(names: Names, node: ast.AST, scope: Scope) -> Iterator[Routine]:
    """The methods that an operator, or a subscript, certainly calls."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        name = OPERATORS[type(node.op)]
        sides = ((node.left, f"__{name}__"), (node.right, f"__r{name}__"))
    elif isinstance(node, ast.Subscript):
        sides = ((node.value, "__getitem__"), (node.value, "__class_getitem__"))
    else:
        return
    for operand, name in sides:
        for origin in names.origins(operand, scope):
            if isinstance(origin, Class if name == "__class_getitem__" else Instance):
                yield from _methods(names, origin.of if isinstance(origin, Instance) else origin, name)


def bases(names: Names, owner: Class) -> Iterator[Library]:
    """The library's classes that a class is made from: its objects are theirs too. What only gives a frame to what the
    module itself says, a Module, a Function, is none."""
    for base in owner.node.bases:
        for origin in names.origins(base, owner.outer):
            if isinstance(origin, Library) and origin.name.rpartition(".")[2] not in ("Module", "Function", "object"):
                yield origin


def _dunder_names(names: Names, owner: Class) -> Iterator[str]:
    for one in family(names, owner):
        for name in (*one.body.bindings, *(attribute for _, attribute, _, _ in one.patches)):
            if name.startswith("__") and name.endswith("__"):
                yield name


def family(names: Names, owner: Class) -> list[Class]:
    """A class and those of the module that it inherits from."""
    found = {owner: None}
    todo = [owner]
    while todo:
        one = todo.pop()
        for base in one.node.bases:
            for origin in names.origins(base, one.outer):
                if isinstance(origin, Class) and origin not in found:
                    found[origin] = None
                    todo.append(origin)
    return [*found]


def _methods(names: Names, owner: Origin, name: str) -> Iterator[Routine]:
    for origin in names.attribute(owner, name):
        if isinstance(origin, Routine):
            yield origin
