"""What an exercise runs of a student's source. As long as its fingerprint stays the same, so does its verdict.

The source is cut at its lines and not parsed, since a file may be half written; names are followed as they stand there.
So what is found may be too much, and is too little only where code is reached by a name that is put together while it
runs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from grader.spec import Exercise

BLOCK = re.compile(r"(?:async\s+)?(def|class)\s+(\w+)")
METHOD = re.compile(r"\s+(?:async\s+)?def\s+(\w+)")
MADE_METHOD = re.compile(r"(\w+)\.(\w+)\s*=\s*(?:(?:static|class)method\()?[A-Za-z_]\w*\)?\s*(?:#|$)")
IMPORT = re.compile(r"^(?:from\s+[\w.]+\s+)?import\s+(?:\([^)]*\)|.*)$", re.MULTILINE)
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
QUIET = re.compile(
    r'''("""|\'{3})(?s:.*?)\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*'''
)  # text and comments name nothing
ITSELF = ("self", "cls")
UNNAMED = re.compile(r"__\w+__|forward")  # methods that are called without being named
CLOSING = (")", "]", "}", "#")  # what begins a line that ends nothing


@dataclass(frozen=True, order=True)
class Unit:
    """A function, or a method of a class; with the name "" what else stands in the class, or outside of everything."""

    module: str
    holder: str
    name: str


class Code:
    """The modules of a submission, cut into units."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = dict(texts)
        self._units = {unit: text for name, text in texts.items() for unit, text in _cut(name, text).items()}
        self._tables: dict[str, dict[str, set[Unit]]] = {}
        self._followed: dict[Unit, set[Unit]] = {}

    def own(self, exercise: Exercise) -> str:
        """The fingerprint of the function, method or class that an exercise is named after; "" where there is none."""
        return self._print(self._owned(exercise))

    def whole(self, exercise: Exercise) -> str:
        """The fingerprint of all that an exercise runs: that, what stands outside of functions, and what is called."""
        module = exercise.module.name
        table, asked = self._table(module), set(_names(exercise.ask))
        todo = self._owned(exercise) | table.get("", set())
        for name in asked & table.keys():
            units = {unit for unit in table[name] if unit.module == module}
            methods = {unit for unit in units if unit.holder == name and unit.name in asked}
            todo |= methods or {unit for unit in units if unit.holder in ("", name)}
        reached: set[Unit] = set()
        while todo:
            unit = todo.pop()
            reached.add(unit)
            todo |= self._follow(unit) - reached
        return self._print(reached)

    def _owned(self, exercise: Exercise) -> set[Unit]:
        module = exercise.module
        found: set[Unit] = set()
        for name in exercise.functions:
            first, _, method = name.partition(".")
            for unit in self._table(module.name).get(first, set()):
                of_class = unit.holder == first and method in ("", unit.name)
                if unit.module == module.name and (of_class or unit == Unit(module.name, "", name)):
                    found.add(unit)
        return found

    # -- names -----------------------------------------------------------------------------------------------------

    def _follow(self, unit: Unit) -> set[Unit]:
        """The units that a unit runs, as far as their names stand in it."""
        if unit not in self._followed:
            text = QUIET.sub(_kept, self._units[unit])
            found = {one for one in self._table(unit.module).get(unit.holder, ()) if _belongs(one, unit)}
            for name in NAME.findall(text if unit.holder or unit.name else IMPORT.sub("", text)):
                if unit.name or name != unit.holder:  # the line with `class` on it names no other
                    found |= self._meant(unit, name.split("."))
            self._followed[unit] = found
        return self._followed[unit]

    def _meant(self, unit: Unit, names: list[str]) -> set[Unit]:
        """What a dotted name may mean in a unit: a method of a class, or functions and whole classes. A method of an
        object is not looked for: the name of its class stands wherever it was made."""
        table = self._table(unit.module)
        first = unit.holder if names[0] in ITSELF and unit.holder else names[0]
        of_class = {one for one in table.get(first, ()) if one.holder == first}
        if of_class and names[1:]:
            return {one for one in of_class if one.name in ("", names[1])}
        return {one for name in names for one in table.get(name, ()) if one.holder in ("", name)}

    def _table(self, module: str) -> dict[str, set[Unit]]:
        """The units of a module, and of those that it may import, by the names of functions, methods and classes; under
        "" what stands outside."""
        if module not in self._tables:
            table: dict[str, set[Unit]] = {}
            seen, todo = {module}, [module]
            while todo:
                text = self.texts.get(todo.pop(), "")
                near = {name for name in self.texts if name not in seen and re.search(rf"\b{re.escape(name)}\b", text)}
                seen |= near
                todo += near
            for unit in self._units:
                if unit.module in seen:
                    for name in {unit.name, unit.holder} - ({""} if unit.name or unit.holder else set()):
                        table.setdefault(name, set()).add(unit)
            self._tables[module] = table
        return self._tables[module]

    def _print(self, units: Iterable[Unit]) -> str:
        told = [f"{unit.module}\0{unit.holder}\0{unit.name}\0{self._units[unit]}\0" for unit in sorted(units)]
        return hashlib.sha256("".join(told).encode()).hexdigest() if told else ""


def _belongs(one: Unit, unit: Unit) -> bool:
    """Whether `one` runs wherever another unit of its class does."""
    same = bool(unit.holder) and (one.module, one.holder) == (unit.module, unit.holder)
    return same and (not one.name or UNNAMED.fullmatch(one.name) is not None)


def _kept(found: re.Match[str]) -> str:
    """Nothing of text and comments; a string in quotes may name an attribute."""
    return "" if found.group(1) or found.group().startswith("#") else found.group()


def _cut(module: str, text: str) -> dict[Unit, str]:
    """The units of a file, blank lines left out. Decorators belong to what they decorate."""
    outside = Unit(module, "", "")
    found: dict[Unit, list[str]] = {outside: []}
    here, holder, depth = outside, "", 0  # depth: how far the methods of this class are indented
    decorators: list[str] = []
    for line in text.splitlines():
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if not bare:
            continue
        if bare.startswith("@") and indent in (0, depth):
            decorators.append(line)
            continue
        block, method, made = BLOCK.match(line), METHOD.match(line) if holder else None, MADE_METHOD.match(line)
        if block:
            holder, depth = (block.group(2), 0) if block.group(1) == "class" else ("", 0)
            here = Unit(module, block.group(2), "") if holder else Unit(module, "", block.group(2))
        elif made:  # Linear.forward = linear_forward
            here, holder = Unit(module, made.group(1), made.group(2)), ""
        elif method and indent == (depth or indent):
            here, depth = Unit(module, holder, method.group(1)), indent
        elif indent <= depth and not bare.startswith(CLOSING):
            here, holder = (Unit(module, holder, ""), holder) if indent else (outside, "")
        found.setdefault(here, []).extend((*decorators, line.rstrip()))
        decorators.clear()
    found[outside] += decorators
    return {unit: "\n".join(lines) for unit, lines in found.items()}


def _names(ask: Callable[..., Any]) -> Iterator[str]:
    """The names that an ask uses, and the functions beside it that it calls."""
    todo: list[CodeType] = [ask.__code__]
    seen: set[CodeType] = set()
    while todo:
        code = todo.pop()
        if code in seen:
            continue
        seen.add(code)
        yield from code.co_names
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        for name in code.co_names:
            called = ask.__globals__.get(name)
            if isinstance(called, FunctionType) and called.__code__.co_filename == ask.__code__.co_filename:
                todo.append(called.__code__)
