"""Runs a module that was made of cells statement by statement: one that fails costs its own names, and nothing else.

Definitions and imports run as they stand. Any other statement that may take long or much, as far as its form tells, is
tried in a fork first, where a timer of its own ends it: a loop inside C heeds no Python signal. So what would take the
whole module is left out, whatever it is. Which statements these are is found out once for each source and process.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Any, NoReturn

from grader.worker.notebooks import MARK
from grader.worker.notebooks.given import from_given
from grader.worker.notebooks.heavy import is_heavy
from grader.worker.notebooks.keep import Function, assigned, imported
from grader.worker.notebooks.limits import TOO_MUCH, bounded, memory_bound, tried

IS_MAIN = ("__name__ == '__main__'", "'__main__' == __name__")
LONGEST = 300  # characters of a reason

Space = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A statement, ready to be run."""

    node: ast.stmt
    code: CodeType
    heavy: bool

    @property
    def names(self) -> tuple[str, ...]:
        """What it binds."""
        if isinstance(self.node, Function | ast.ClassDef):
            return (self.node.name,)
        if isinstance(self.node, ast.Import | ast.ImportFrom):
            return tuple(imported(self.node))
        return tuple(assigned(self.node))


_steps: dict[tuple[str, bytes], tuple[Step, ...]] = {}
_left_out: dict[tuple[str, bytes], dict[int, str]] = {}  # statements that end a trial, and how
_told: set[str] = set()
_lost: dict[str, dict[str, str]] = {}  # of each file: names that are not there, and why


def is_made_of_cells(source: bytes) -> bool:
    """Whether a module's source is to be run in this way."""
    return source.startswith(MARK.encode())


def why_lost(file: str, name: str) -> str:
    """Why a module has no such name, as ": knn.py, line 7, raises ..."; "" where nothing is known of it."""
    lost = _lost.get(file, {})
    why = lost.get(name) or lost.get("*")
    return f": {why}" if why else ""


def run(source: bytes, file: str, space: Space) -> None:
    """Run a module's statements. `file`: where it lies, as tracebacks shall say. Raises SyntaxError."""
    key = file, source
    if key not in _steps:
        _steps[key] = tuple(_compiled(source, file))
    steps = _steps[key]
    _lost[file] = {}
    most: int | None = None
    for number, step in enumerate(steps):
        if step.heavy and most is None:
            most = memory_bound()
            if key not in _left_out:
                _left_out[key] = tried(partial(_take, steps, file, space, most), [s.heavy for s in steps], number)
        why = _left_out.get(key, {}).get(number)
        _take(steps, file, space, most or 0, number, why)


def _take(steps: tuple[Step, ...], file: str, space: Space, most: int, number: int, why: str | None = None) -> None:
    """Run a statement, or lose what it would give; `why`: it is not to be run."""
    step = steps[number]
    if why is None:
        with bounded(most) if step.heavy else nullcontext():
            why = _run(step, file, space)
    if why:
        place = f"{os.path.basename(file)}, line {step.node.lineno}"
        _lose(step, f"{place}, {why}"[:LONGEST], space, _lost[file])


def _compiled(source: bytes, file: str) -> Iterator[Step]:
    tree = ast.parse(source)
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                feature = getattr(importlib.import_module("__future__"), alias.name, None)
                flags |= feature.compiler_flag if feature is not None else 0
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) in IS_MAIN:
            node.test = ast.copy_location(ast.Constant(True), node.test)  # as it is where cells are run
        try:
            code = compile(ast.Module([node], []), file, "exec", flags=flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            code = compile(f"raise SyntaxError({str(error)!r})", file, "exec")
        yield Step(node, code, is_heavy(node))


def _run(step: Step, file: str, space: Space) -> str:
    """Run a statement; "" or why it fails."""
    try:
        exec(step.code, space)
    except (Exception, SystemExit) as error:
        if isinstance(error, ImportError) and isinstance(step.node, ast.Import | ast.ImportFrom):
            return _import_failed(step.node, error, space)
        return _reason(error, file)
    return ""


def _reason(error: BaseException, file: str) -> str:
    if isinstance(error, MemoryError):
        return TOO_MUCH
    if isinstance(error, SystemExit):
        return "calls exit()"
    if isinstance(error, NameError) and error.name and (why := why_lost(file, error.name)):
        return f"reads `{error.name}`, which is not there{why}"
    try:
        message = f": {error}".split("\n")[0]
    except Exception:
        message = ""
    return f"raises {type(error).__name__}{message}"


def _import_failed(node: ast.Import | ast.ImportFrom, error: ImportError, space: Space) -> str:
    """What an import misses is taken from the course's own helpers, where they have it; "" where that is all of it."""
    module = node.module if isinstance(node, ast.ImportFrom) else error.name
    if isinstance(node, ast.ImportFrom):
        whole = not isinstance(error, ModuleNotFoundError) and node.module in sys.modules
        source = sys.modules.get(node.module or "") if whole else None
        for alias in node.names:
            name = alias.asname or alias.name
            if source is not None and hasattr(source, alias.name):
                space[name] = getattr(source, alias.name)
            elif (found := from_given(alias.name)) is not None:
                space[name], helper = found
                _tell(f"`{alias.name}` is taken from the course's {helper}: `{module}` does not have it here")
        if all((alias.asname or alias.name) in space for alias in node.names):
            return ""
    if isinstance(error, ModuleNotFoundError):
        return f"imports `{error.name}`, which is not in the submission"
    return f"cannot import from `{module}`: {error.msg}".split(" (/")[0]


def _tell(line: str) -> None:
    """Print a line, once in this process."""
    if line not in _told:
        _told.add(line)
        print(line)


def _lose(step: Step, why: str, space: Space, lost: dict[str, str]) -> None:
    """Note why names are not there. A definition is replaced by one that raises why, when it is called."""
    node = step.node
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        lost["*"] = why
    is_import = isinstance(node, ast.Import | ast.ImportFrom)
    for name in step.names:
        if not (is_import and name in space):
            lost[name] = why
            space.pop(name, None)
    if isinstance(node, Function | ast.ClassDef):
        space[node.name] = _stand_in(node, why)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            owner = space.get(target.value.id) if _is_attribute(target) else None  # type: ignore[attr-defined]
            if isinstance(owner, type):
                setattr(owner, target.attr, _raising(ast.unparse(target), why))  # type: ignore[attr-defined]


def _is_attribute(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)


def _stand_in(node: ast.stmt, why: str) -> Any:
    assert isinstance(node, Function | ast.ClassDef)
    raising = _raising(node.name, why)
    return type(node.name, (), {"__init__": raising}) if isinstance(node, ast.ClassDef) else raising


def _raising(name: str, why: str) -> Callable[..., NoReturn]:
    def raising(*args: Any, **kwargs: Any) -> NoReturn:
        raise NameError(f"name {name!r} is not defined: {why}")

    return raising
