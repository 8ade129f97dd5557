"""Whether a statement may take long or much when it runs, as far as its form tells."""

from __future__ import annotations

import ast

from grader.worker.notebooks.keep import Function, dotted

# What takes no time, whatever it is given.
LIGHT_CALLS = {
    *(
        "bool",
        "float",
        "len",
        "staticmethod",
        "classmethod",
        "property",
        "setattr",
        "math.sqrt",
        "math.log",
        "math.exp",
    ),
    *("torch.device", "torch.cuda.is_available", "namedtuple", "collections.namedtuple", "partial"),
    "functools.partial",
}
LOOPS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.For, ast.AsyncFor, ast.While)
GROWING = (ast.Mult, ast.MatMult, ast.Pow, ast.LShift, ast.Mod)
LARGEST_POWER = 64


def is_heavy(node: ast.stmt) -> bool:
    """Whether a limit must stand over it. Definitions and imports are taken to be quick."""
    if isinstance(node, Function | ast.ClassDef | ast.Import | ast.ImportFrom):
        return False
    todo: list[ast.AST] = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(one, ast.Call) and dotted(one.func) not in LIGHT_CALLS:
            return True
        if isinstance(one, LOOPS) or (isinstance(one, ast.FormattedValue) and one.format_spec is not None):
            return True
        if isinstance(one, ast.BinOp | ast.AugAssign) and isinstance(one.op, GROWING) and not _is_small(one):
            return True
        todo.extend(ast.iter_child_nodes(one))
    return False


def _is_small(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether it is arithmetic of written numbers: `32 * 32 * 3`, `10 ** -3`."""
    if isinstance(node, ast.AugAssign) or isinstance(node.op, ast.LShift | ast.MatMult):
        return False
    if isinstance(node.op, ast.Pow):
        return all(_is_number(side) and abs(_value(side)) <= LARGEST_POWER for side in (node.left, node.right))
    return all(
        _is_number(side) or (isinstance(side, ast.BinOp) and _is_small(side)) for side in (node.left, node.right)
    )


def _is_number(node: ast.expr) -> bool:
    plain = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(plain, ast.Constant) and isinstance(plain.value, int | float)


def _value(node: ast.expr) -> float:
    plain = node.operand if isinstance(node, ast.UnaryOp) else node
    assert isinstance(plain, ast.Constant)
    return float(plain.value)  # type: ignore[arg-type]
