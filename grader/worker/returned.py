"""An ask that failed after the submission had returned: what it had returned, and what of it could not be used."""

from __future__ import annotations

import ast
import dis
import linecache
import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import FrameType, TracebackType

Step = tuple[FrameType, TracebackType]

_CALLED = re.compile(r"([\w.<>]+)\(\) (takes|got|missing|keywords must)")
_NUMBER = re.compile("unpack|iteration over a 0-d")
_NONE = re.compile(r"\bNone(Type)?\b")
_RAISES = dis.opmap["RAISE_VARARGS"]


def raised_by_itself(error: BaseException, folder: Path) -> bool:
    """Whether a `raise` in a file of the folder has raised it, and no function of a library that was called there."""
    *_, last = [None, *_steps(error)]
    if last is None or not last[0].f_code.co_filename.startswith(f"{folder}/"):
        return False
    code, at = last[0].f_code.co_code, last[1].tb_lasti
    return code[at] == _RAISES and code[at + 1] > 0


def is_about_arguments(error: BaseException, message: str, folder: Path) -> bool:
    """Whether a function or a class of the folder was called with other arguments than it takes."""
    told = _CALLED.match(message) if isinstance(error, TypeError) else None
    if told is None:
        return False
    first = told[1].partition(".")[0]
    return "<" in told[1] or any(first in names for names in _own_names(folder))


def is_about_number(error: BaseException, message: str) -> bool:
    """Whether another number of values came back than the ask takes apart."""
    return isinstance(error, ValueError | TypeError) and bool(_NUMBER.search(message))


def nothing(error: BaseException, message: str, checks: Path) -> str:
    """What was None, where the ask needed something: "`dW`", by its name in the ask, or "what `f` returns"; else ""."""
    if not _NONE.search(message):
        return ""
    steps = [step for step in _steps(error) if step[0].f_code.co_filename == str(checks)]
    for step in reversed(steps):  # a helper's own inputs are named by whoever calls it
        code, values = step[0].f_code, step[0].f_locals
        inputs = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        missing = [name for name, value in values.items() if value is None and name not in inputs]
        for tree in (_failing(*step), _statement(*step)):
            nodes = list(ast.walk(tree))
            used = {node.id for node in nodes if isinstance(node, ast.Name)}
            if found := [name for name in missing if name in used]:
                return " and ".join(f"`{name}`" for name in found[:3])
            if asked := {name for node in nodes if (name := _asked(node))}:
                return f"what `{asked.pop()}` returns" if len(asked) == 1 else "something that it returns"
    return ""


def called(error: BaseException, checks: Path) -> str:
    """The class of the network that an ask has called, where what is inside of it has raised."""
    at = _in_file(error, checks)
    below = at[1].tb_next if at is not None else None
    if below is None or not below.tb_frame.f_code.co_filename.endswith("/torch/nn/modules/module.py"):
        return ""
    network = below.tb_frame.f_locals.get("self")
    return type(network).__name__ if below.tb_frame.f_code.co_name.endswith("_call_impl") else ""


def targets(error: BaseException, checks: Path) -> str:
    """The names on the left of the assignment that failed: "loss, dW = ..." -> "loss, dW"."""
    step = _in_file(error, checks)
    tree = _statement(*step) if step else None
    if isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Tuple):
        return ", ".join(ast.unparse(name) for name in tree.targets[0].elts)
    return ""


def _steps(error: BaseException) -> Iterator[Step]:
    at = error.__traceback__
    while at is not None:
        yield at.tb_frame, at
        at = at.tb_next


def _in_file(error: BaseException, file: Path) -> Step | None:
    """The innermost step of a traceback that is in a file."""
    found = [step for step in _steps(error) if step[0].f_code.co_filename == str(file)]
    return found[-1] if found else None


def _own_names(folder: Path) -> Iterator[dict[str, object]]:
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None)).startswith(f"{folder}/"):
            yield vars(module)


def _failing(frame: FrameType, at: TracebackType) -> ast.AST:
    """The expression that failed, where it stands in one line; else the statement."""
    line, end, left, right = next(islice(frame.f_code.co_positions(), at.tb_lasti // 2, None), (None,) * 4)
    if line is not None and end == line:
        text = linecache.getline(frame.f_code.co_filename, line).encode()[left:right].decode("utf-8", "replace")
        try:
            return ast.parse(text.strip())
        except SyntaxError:
            pass
    return _statement(frame, at)


def _statement(frame: FrameType, at: TracebackType) -> ast.AST:
    try:
        statements = ast.parse(linecache.getline(frame.f_code.co_filename, at.tb_lineno).strip()).body
    except SyntaxError:
        return ast.Pass()
    return statements[0] if statements else ast.Pass()


def _asked(node: ast.AST) -> str:
    """The function of the submission that a call in an ask calls: "Conv.forward"."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    name = ast.unparse(node.func)
    return name.removeprefix("sub.")[:100] if name.startswith("sub.") else ""
