"""What the verdict on an exercise rests on beside the submission, as a hash: as long as that stays the same, so does
the verdict, and a regrade need not ask the exercise again.

That is its declaration with the code of its ask, cases, properties and misconceptions; the same of what it needs; the
editions of its module; the reference modules; what is given to students; and grader itself. Code is taken as it is
compiled and sources as they parse, so that comments, line breaks and what stands elsewhere in a file change nothing.
What is found may be too much; it is too little only where a case reads what is named nowhere here.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from grader.course import Assignment
from grader.spec import Case, Checks, Exercise, Rule, TimedCase, Version
from grader.spec.checks import Edition, Module
from grader.spec.exercise import Library, Property

PACKAGE = Path(__file__).parent
DIGITS = 16


@lru_cache(maxsize=8)
def bases(assignment: Assignment) -> dict[str, str]:
    """What each exercise rests on, by id."""
    reader = _Reader(_files(assignment))
    checks = assignment.checks
    own = {one.id: reader.read(_declared(one, checks)) for one in checks.exercises}
    sources = _References(assignment.solution)
    shared = (_grader(), _tree(assignment.course.given), _tree(assignment.course.assignments / "data"))
    found: dict[str, str] = {}
    for exercise in checks.exercises:
        needed = sorted({exercise.id, *(need.id for need in checks.prerequisites(exercise))})
        modules = sorted({name.partition(".")[0] for name in needed})
        parts = (shared, [(name, own[name]) for name in needed], [sources.below(name) for name in modules])
        found[exercise.id] = _hash(repr(parts).encode())
    return found


def _declared(exercise: Exercise, checks: Checks) -> list[Any]:
    """Everything that is declared about an exercise and decides what is said of it."""
    replaced = [
        version
        for other in checks.exercises
        if other is not exercise
        for version in other.misconceptions
        if exercise.id in version.replacements
    ]
    return [
        *(exercise.id, exercise.points, exercise.speed_points, exercise.needs, exercise.tolerance, exercise.dtype),
        *(exercise.any_dtype, exercise.keep_inputs, exercise.needs_cuda, exercise.seconds, exercise.rules),
        *(exercise.compared, exercise.ask, exercise.cases, exercise.timed_case, exercise.library, exercise.properties),
        *(exercise.misconceptions, exercise.naive_version, replaced, exercise.module.also),
        [(edition.name, edition.version) for edition in exercise.module.editions.values()],
    ]


class _Reader:
    """Describes values; functions that stand in one of `files` by their code and whatever that names."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = {str(file) for file in files}

    def read(self, value: Any) -> str:
        """A hash of a value."""
        return _hash(repr(self._told(value, set())).encode())

    def _told(self, value: Any, above: set[int]) -> object:
        if value is None or isinstance(value, bool | int | float | complex | str | bytes | Path):
            return type(value).__name__, repr(value)
        if id(value) in above:
            return "again"
        above = above | {id(value)}
        if isinstance(value, list | tuple):
            return [self._told(item, above) for item in value]
        if isinstance(value, set | frozenset):
            return sorted(repr(self._told(item, above)) for item in value)
        if isinstance(value, dict):
            return [(self._told(key, above), self._told(item, above)) for key, item in value.items()]
        if isinstance(value, np.ndarray):
            return value.dtype.str, value.shape, _hash(value.tobytes())
        if isinstance(value, FunctionType | MethodType):
            return self._function(value, above)
        if isinstance(value, CodeType):
            return self._code(value, above)
        if isinstance(value, Case | TimedCase | Property | Library | Version):
            return [(name, self._told(item, above)) for name, item in sorted(vars(value).items()) if name != "where"]
        if isinstance(value, Rule):
            return type(value).__name__, [(name, self._told(item, above)) for name, item in sorted(vars(value).items())]
        if isinstance(value, Exercise):
            return "exercise", value.id
        if isinstance(value, Module | Edition | Checks):
            return type(value).__name__, value.name
        if isinstance(value, type):
            if _file_of(value) not in self._files:
                return "class", value.__module__, value.__qualname__
            return [(name, self._told(item, above)) for name, item in vars(value).items() if not name.startswith("__")]
        return type(value).__module__, type(value).__qualname__  # nothing is looked up: torch is imported when it is

    def _function(self, value: FunctionType | MethodType, above: set[int]) -> object:
        function = value.__func__ if isinstance(value, MethodType) else value
        if not isinstance(function, FunctionType) or function.__code__.co_filename not in self._files:
            return "function", value.__module__, value.__qualname__
        named = {name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__}
        kept = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        parts = (function.__code__, function.__defaults__, function.__kwdefaults__, kept, named)
        return [self._told(part, above) for part in parts]

    def _code(self, code: CodeType, above: set[int]) -> object:
        """Without the places at which it stands."""
        return (
            *(code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags),
            *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
            [self._told(constant, above) for constant in code.co_consts],
        )


class _References:
    """The reference modules, and what they import of each other."""

    def __init__(self, folder: Path) -> None:
        files = [file for file in sorted(folder.glob("*.py")) if not file.stem.startswith("hidden")]
        self._trees = {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in files}
        self._digests = {name: _hash(ast.dump(tree).encode()) for name, tree in self._trees.items()}

    def below(self, module: str) -> list[tuple[str, str]]:
        """The digests of a module and of all that it imports of the others."""
        found: set[str] = set()
        todo = [module] if module in self._trees else []
        while todo:
            name = todo.pop()
            found.add(name)
            todo.extend(other for other in _imported(self._trees[name]) if other in self._trees and other not in found)
        return [(name, self._digests[name]) for name in sorted(found)]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _files(assignment: Assignment) -> list[Path]:
    hidden = assignment.hidden
    return [assignment.public, *([hidden, *sorted(hidden.parent.glob("hidden_*.py"))] if hidden else [])]


def _names(code: CodeType) -> list[str]:
    """The names that a function looks up, those of the functions inside of it among them."""
    inside = [name for constant in code.co_consts if isinstance(constant, CodeType) for name in _names(constant)]
    return sorted({*code.co_names, *inside})


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # of a function that is not defined yet
        return False


def _file_of(value: type) -> str | None:
    functions = [item for item in vars(value).values() if isinstance(item, FunctionType)]
    return functions[0].__code__.co_filename if functions else None


def _tree(folder: Path) -> str:
    """A digest of the files below a folder."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    return _hash(b"".join(str(file.relative_to(folder)).encode() + b"\0" + _bytes(file) for file in files))


@cache
def _grader() -> str:
    files = sorted(PACKAGE.rglob("*.py"))
    return _hash(b"".join(_bytes(file) for file in files))


def _bytes(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]
