"""Notebooks that are handed in, as modules. The judge reads none of it: a process with little memory and time does.

NotebookError     there is nothing in them to grade; the sentence says which and why
"""

from __future__ import annotations

import mmap
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grader.errors import GraderError
from grader.peer import printable
from grader.result import ExerciseResult, ModuleResult, Result, Verdict
from grader.worker.notebooks import Lines, Lost, Reading, Source, Sources
from grader.worker.notebooks.cells import DISGUISE

SECONDS = 30.0  # for all notebooks of a submission
ANSWER_LIMIT = 8 << 20
FILES_LIMIT = 32  # notebooks of one submission
LOOKED_AT = 1 << 20  # bytes of a .py file that tell whether it is to be read like a notebook
STUB = re.compile(rb"^[ \t]*+(?:raise NotImplementedError\b|pass\b)|: *+pass[ \t]*+$", re.MULTILINE)
LOST_TOLD = 4  # variables of which one exercise is told why they are not there


class NotebookError(GraderError):
    """Nothing to grade in these notebooks; `problems`: sentences about those that could not be read."""

    def __init__(self, sentence: str, problems: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Module:
    """The source of a module, made of cells; `lost` are variables that are not there, since no cell is run."""

    name: str
    source: str
    cells: tuple[Lines, ...]
    notebooks: tuple[str, ...]  # names of files, by the position that `cells` speak of
    lost: Mapping[str, Lost]
    several: bool  # whether modules are made of more than one

    def place(self, line: int) -> str | None:
        """ "cell 7, line 3", with the notebook's name where there are several."""
        for lines in self.cells:
            if lines.first <= line < lines.first + lines.count:
                return self._place(lines.notebook, lines.cell, lines.line + line - lines.first)
        return None

    def _place(self, notebook: int, cell: int, line: int) -> str:
        file = self.notebooks[notebook]
        if not cell:  # a script
            return f"{file}, line {line}"
        return f"cell {cell}{f' of {file}' if self.several else ''}, line {line}"

    def why_lost(self, names: Iterable[str]) -> list[str]:
        """Sentences on why these variables are not there, and those that they are made of."""
        told: dict[str, str] = {}
        todo = list(names)[::-1]
        while todo and len(told) < LOST_TOLD:
            lost = self.lost.get(todo.pop())
            if lost is None or lost.name in told:
                continue
            place = self._place(lost.notebook, lost.cell, lost.line)
            if lost.reads:
                told[lost.name] = f"`{lost.name}` is made of `{lost.reads}` ({place}), which is not there"
                todo.append(lost.reads)
            else:
                told[lost.name] = (
                    f"`{lost.name}` is a variable that the notebook computes ({place}), and no cell is run when it is "
                    "graded: pass it as an argument, or make it a constant"
                )
        return list(told.values())


@dataclass(frozen=True)
class Notebooks:
    """What some notebooks define, and sentences about those that could not be read or do not count. `beside`: modules
    that are not asked about, and that those import which are."""

    modules: dict[str, Module]
    problems: tuple[str, ...]
    beside: dict[str, Module] = field(default_factory=dict)


def read_notebooks(
    files: Sequence[Path], modules: Mapping[str, Collection[str]], neighbours: Sequence[Path] = ()
) -> Notebooks:
    """The modules that the notebooks define; `modules` maps each module of the assignment to the names of its functions
    and classes. `neighbours`: other notebooks, that these may import from. Files that end in .py are read as what they
    were made of (see `is_disguised`), or else count against a notebook as far as they are written. Raises NotebookError
    where there is none."""
    if len(files) > FILES_LIMIT:
        raise NotebookError(f"there are {len(files)} notebooks, and at most {FILES_LIMIT} are read")
    opened: list[int] = []
    problems: list[str] = []
    taken: list[Path] = []
    own = 0
    try:
        for file in (*files, *neighbours[: FILES_LIMIT - len(files)]):
            try:
                opened.append(_open(file))
                taken.append(file)
                own += file in files
            except OSError as error:
                problems.append(f"{printable(file.name)} cannot be read: {error.strerror}")
        wanted = {name: list(names) for name, names in modules.items()}
        found = _read(Reading(opened, [printable(file.name) for file in taken], wanted, own))
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return _sorted_out(found, taken, own, modules, problems)


def _sorted_out(
    found: Sources, files: Sequence[Path], own: int, modules: Mapping[str, Collection[str]], problems: list[str]
) -> Notebooks:
    taken = [printable(file.name) for file in files]
    problems += [f"{taken[i]} {printable(told)[:300]}" for i, told in sorted(found.problems.items()) if i < own]
    made: dict[str, Module] = {}
    beside: dict[str, Module] = {}
    stems = {file.stem for file in files if file.stem.isidentifier()}
    several = len({i for source in found.modules.values() for i in source.notebooks}) > 1
    for name, source in found.modules.items():
        if name in modules and any(i < own for i in source.notebooks):
            made[name] = _module(name, source, taken, several)
            problems += _left_aside(name, source, taken)
        elif name in modules or name in stems:
            beside[name] = _module(name, source, taken, several)
    if not made:
        names = ", ".join(dict.fromkeys(name for each in modules.values() for name in each))
        define = "define" if own > 1 else "defines"
        nothing = f"{' and '.join(taken[:own])} {define} none of this assignment's functions: {names[:200]}"
        raise NotebookError("; ".join(problems) or nothing, problems)
    return Notebooks(made, tuple(problems), beside)


def _left_aside(name: str, source: Source, files: list[str]) -> list[str]:
    """Which of several files counts for a module."""
    counts = " and ".join(files[i] for i in source.notebooks if i < len(files))
    return [
        f"{files[i]} is not filled in: {counts} counts"
        if files[i] == f"{name}.py"
        else f"{counts} counts for {name}, and {files[i]} is left aside"
        for i in source.aside
        if i < len(files)
    ]


def is_disguised(file: Path) -> bool:
    """Whether a .py file is a notebook under another name, or was made of one. False where it cannot be read."""
    return DISGUISE.search(_beginning(file)) is not None


def holes(file: Path) -> int:
    """How many places in a .py file look like something that has still to be written."""
    return sum(1 for _ in STUB.finditer(_beginning(file)))


def mentions(file: Path, names: Collection[str]) -> bool:
    """Whether a notebook holds what looks like the definition of one of these functions or classes."""
    wanted = re.compile(rb"\b(?:def|class) +(?:" + "|".join(map(re.escape, names)).encode() + rb")\b")
    try:
        with open(_open(file), "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return wanted.search(data) is not None
    except (OSError, ValueError):  # an empty file cannot be mapped
        return False


def _beginning(file: Path) -> bytes:
    try:
        with open(_open(file), "rb") as stream:
            return stream.read(LOOKED_AT)
    except OSError:
        return b""


def _open(file: Path) -> int:
    """A descriptor of a plain file. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no plain file")
    return descriptor


def _read(reading: Reading) -> Sources:
    request = msgspec.msgpack.encode(reading)
    with tempfile.TemporaryFile() as answer:
        try:
            subprocess.run(
                [sys.executable, "-P", "-s", "-m", "grader.worker.notebooks"],
                input=request,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                pass_fds=reading.files,
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


def _module(name: str, source: Source, notebooks: list[str], several: bool) -> Module:
    lost = {lost.name: lost for lost in source.lost}
    return Module(name, source.text, tuple(source.lines), tuple(notebooks), lost, several)


# -- what is told ------------------------------------------------------------------------------------------------------

TAKEN = re.compile(r"^`\w+` is taken from the course's .*$", re.MULTILINE)
NOT_DEFINED = re.compile(r"\bname '(\w+)' is not defined")


def in_cells(result: Result, modules: Mapping[str, Module]) -> Result:
    """The record with places in cells instead of lines of files that the student never saw."""
    if not modules:
        return result
    told_modules = tuple(_module_told(one, modules) for one in result.modules)
    printed = {one.name: TAKEN.findall(one.printed) for one in result.modules}
    exercises = tuple(_exercise_told(one, modules, printed) for one in result.exercises)
    return msgspec.structs.replace(result, modules=told_modules, exercises=exercises)


def _module_told(told: ModuleResult, modules: Mapping[str, Module]) -> ModuleResult:
    sentence = told.sentence and _placed(told.sentence, modules)
    return msgspec.structs.replace(told, sentence=sentence)


def _exercise_told(
    told: ExerciseResult, modules: Mapping[str, Module], printed: Mapping[str, list[str]]
) -> ExerciseResult:
    name = told.id.partition(".")[0]
    own = modules.get(name)
    notes = [_placed(note, modules) for note in told.notes]
    if own is not None:
        notes += own.why_lost(NOT_DEFINED.findall(told.sentence or ""))
        notes += [] if told.verdict is Verdict.RIGHT else printed.get(name, [])[:LOST_TOLD]
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
