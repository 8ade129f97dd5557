"""What a bundle must not hold: lines of solutions, hidden cases, sentences of misconceptions."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.course import Assignment
from grader.stubs import BEGIN, END, generated

TELLING = 25  # characters of a line of a solution, spaces left out, that nobody writes by chance
NAME = 12  # characters of a case's name that is no everyday word


def leaks(assignments: Sequence[Assignment], folder: Path) -> list[str]:
    """What of the assignments' private halves is found in the folder, in words, with the file."""
    texts = {file: _letters(file) for file in sorted(folder.rglob("*")) if file.is_file()}
    own = "\n".join(map(_public_text, assignments))
    found = [f"{file.relative_to(folder)}: it is a hidden file" for file in texts if file.name.startswith("hidden")]
    for secret, what in itertools.chain.from_iterable(map(private, assignments)):
        if secret in own:
            continue  # a public file says it itself
        found += [f"{file.relative_to(folder)}: {what}" for file, text in texts.items() if secret in text]
    return found


def private(assignment: Assignment) -> Iterator[tuple[str, str]]:
    """Every secret of an assignment without its spaces, and what it is."""
    for exercise in assignment.checks.exercises:
        for case in exercise.cases:
            if case.hidden:
                name = case.name if len(case.name) >= NAME else f"def{case.name}("
                yield name, f"the hidden case {case.name} of {exercise.id}"
        for version in exercise.misconceptions:
            yield _squeezed(version.sentence), f"a misconception of {exercise.id}"
    for file in sorted(assignment.solution.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        hidden = file.name.startswith("hidden")
        for number, line in _lines(text, everything=hidden):
            yield line, f"line {number} of {file.name}"


def _lines(text: str, everything: bool) -> Iterator[tuple[int, str]]:
    """The telling lines of a solution, or of a whole file, numbered; without comments and text for readers."""
    prose = _prose(text)
    inside = everything
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() in (BEGIN, END):
            inside = everything or line.strip() == BEGIN
        elif inside and number not in prose:
            squeezed = _squeezed(line)
            if len(squeezed) >= TELLING and not squeezed.startswith(("import", "from", "#", "def", "class")):
                yield number, squeezed


def _prose(text: str) -> set[int]:
    """The lines of docstrings."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _public_text(assignment: Assignment) -> str:
    """What is public by its author's will: checks.py, handouts, stubs and given helpers, where a solution may happen to
    repeat a line of them."""
    files = [assignment.public, *sorted(assignment.course.given.rglob("*.py"))]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    texts += [text for path, text in generated(assignment).items() if path.suffix != ".ipynb"]
    return _squeezed("\n".join(texts))


def _squeezed(text: str) -> str:
    """Without blanks, and as JSON would not write it: a notebook's \\n and \\" are undone."""
    return re.sub(r"\s+", "", text.replace("\\n", "").replace('\\"', '"'))


def _letters(file: Path) -> str:
    """A file's text, or what of a binary one is text."""
    data = file.read_bytes()
    try:
        return _squeezed(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _squeezed(data.decode("latin-1"))
