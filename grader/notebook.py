"""Notebooks that are handed in, as modules. The judge reads none of it: a process with little memory and time does.

NotebookError     there is nothing in them to grade; the sentence says which and why
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.errors import GraderError
from grader.peer import printable
from grader.result import ExerciseResult, ModuleResult, Result
from grader.worker.notebooks import Lines, Reading, Source, Sources

SECONDS = 30.0  # for all notebooks of a submission
ANSWER_LIMIT = 8 << 20
FILES_LIMIT = 32  # notebooks of one submission


class NotebookError(GraderError):
    """Nothing to grade in these notebooks; `problems`: sentences about those that could not be read."""

    def __init__(self, sentence: str, problems: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Module:
    """The source of a module, made of cells; `lost` are variables that the cells compute, which is not done here."""

    name: str
    source: str
    cells: tuple[Lines, ...]
    notebooks: tuple[str, ...]  # names of files, by the position that `cells` speak of
    lost: frozenset[str]

    def place(self, line: int) -> str | None:
        """ "cell 7, line 3", with the notebook's name where there are several."""
        for lines in self.cells:
            if lines.first <= line < lines.first + lines.count:
                several = len({one.notebook for one in self.cells}) > 1
                of = f" of {self.notebooks[lines.notebook]}" if several else ""
                return f"cell {lines.cell}{of}, line {lines.line + line - lines.first}"
        return None


@dataclass(frozen=True)
class Notebooks:
    """What some notebooks define, and sentences about those that could not be read."""

    modules: dict[str, Module]
    problems: tuple[str, ...]


def read_notebooks(files: Sequence[Path], modules: Mapping[str, Collection[str]]) -> Notebooks:
    """The modules that the notebooks define; `modules` maps each module of the assignment to the names of its functions
    and classes. Raises NotebookError where there is none."""
    if len(files) > FILES_LIMIT:
        raise NotebookError(f"there are {len(files)} notebooks, and at most {FILES_LIMIT} are read")
    opened: list[int] = []
    problems: list[str] = []
    taken: list[str] = []
    try:
        for file in files:
            try:
                opened.append(_open(file))
                taken.append(printable(file.name))
            except OSError as error:
                problems.append(f"{printable(file.name)} cannot be read: {error.strerror}")
        found = _read(opened, {name: list(names) for name, names in modules.items()})
    finally:
        for descriptor in opened:
            os.close(descriptor)
    problems += [f"{taken[i]} {printable(told)[:300]}" for i, told in sorted(found.problems.items()) if i < len(taken)]
    made = {name: _module(name, source, taken) for name, source in found.modules.items() if name in modules}
    if not made:
        names = ", ".join(dict.fromkeys(name for each in modules.values() for name in each))
        define = "define" if len(taken) > 1 else "defines"
        nothing = f"{' and '.join(taken)} {define} none of this assignment's functions: {names[:200]}"
        raise NotebookError("; ".join(problems) or nothing, problems)
    return Notebooks(made, tuple(problems))


def _open(file: Path) -> int:
    """A descriptor of a plain file. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no plain file")
    return descriptor


def _read(files: list[int], modules: dict[str, list[str]]) -> Sources:
    request = msgspec.msgpack.encode(Reading(files, modules))
    with tempfile.TemporaryFile() as answer:
        try:
            subprocess.run(
                [sys.executable, "-P", "-s", "-m", "grader.worker.notebooks"],
                input=request,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                pass_fds=files,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                timeout=SECONDS,
                check=True,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            raise NotebookError("the notebooks are too large or too deeply nested to be read") from None
        answer.seek(0)
        try:
            return msgspec.msgpack.decode(answer.read(ANSWER_LIMIT), type=Sources)
        except msgspec.MsgspecError:
            raise NotebookError("the notebooks hold more code than is read") from None


def _module(name: str, source: Source, notebooks: list[str]) -> Module:
    return Module(name, source.text, tuple(source.lines), tuple(notebooks), frozenset(source.lost))


# -- what is told ------------------------------------------------------------------------------------------------------

NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")


def in_cells(result: Result, modules: Mapping[str, Module]) -> Result:
    """The record with places in cells instead of lines of files that the student never saw."""
    if not modules:
        return result
    told_modules = tuple(_module_told(one, modules) for one in result.modules)
    exercises = tuple(_exercise_told(one, modules) for one in result.exercises)
    return msgspec.structs.replace(result, modules=told_modules, exercises=exercises)


def _module_told(told: ModuleResult, modules: Mapping[str, Module]) -> ModuleResult:
    sentence = told.sentence and _placed(told.sentence, modules)
    return msgspec.structs.replace(told, sentence=sentence)


def _exercise_told(told: ExerciseResult, modules: Mapping[str, Module]) -> ExerciseResult:
    own = modules.get(told.id.partition(".")[0])
    missing = NOT_DEFINED.search(told.sentence or "")
    notes = [_placed(note, modules) for note in told.notes]
    if own is not None and missing is not None and missing.group(1) in own.lost:
        notes.append(
            f"`{missing.group(1)}` is a variable that the notebook computes, and no cell is run when it is graded: "
            "pass it as an argument, or make it a constant"
        )
    return msgspec.structs.replace(
        told,
        sentence=told.sentence and _placed(told.sentence, modules),
        notes=tuple(notes),
        details=tuple(_placed(line, modules) for line in told.details),
    )


def _placed(text: str, modules: Mapping[str, Module]) -> str:
    """`text` with "knn.py, line 40" and "in line 40 of knn.py" told as a cell and its line."""
    for name, module in modules.items():
        file = re.escape(f"{name}.py")
        text = re.sub(rf"\b{file}, line (\d+)", lambda m, of=module: _or(of, m, m.group(1)), text)  # type: ignore[misc]
        text = re.sub(
            rf"\bin lines? ((?:\d+(?:, | and )?)+) of {file}",
            lambda m, of=module: _several(of, m),  # type: ignore[misc]
            text,
        )
    return text


def _or(module: Module, found: re.Match[str], line: str) -> str:
    return module.place(int(line[:9])) or found.group()


def _several(module: Module, found: re.Match[str]) -> str:
    places = [module.place(int(line[:9])) for line in re.findall(r"\d+", found.group(1))]
    told = [place for place in places if place is not None]
    return f"in {' and in '.join(dict.fromkeys(told))}" if told and len(told) == len(places) else found.group()
