"""What students start from, made from the references by removing what stands between the solution markers.

    # BEGIN SOLUTION
    # END SOLUTION

(the convention of nbgrader and otter-grader). Inside a function the removed lines become `raise NotImplementedError`;
at the top level of a module they vanish. The handout's points table is made from the declaration.

    StubError       markers that do not pair up; the sentence names file and line
"""

from __future__ import annotations

import ast
from pathlib import Path

from grader.course import Assignment
from grader.errors import GraderError
from grader.lesson import lesson, lesson_file

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
TABLE_BEGIN, TABLE_END = "<!-- points -->", "<!-- /points -->"


class StubError(GraderError):
    """A reference from which no stub can be made."""


def stub(source: str, name: str) -> str:
    """The stub of a reference module. Raises StubError."""
    out: list[str] = []
    begun = 0
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if text == BEGIN:
            if begun:
                raise StubError(f"{name}:{number}: a solution begins inside the one that begins in line {begun}")
            begun = number
            indent = line[: len(line) - len(line.lstrip())]
            if indent:
                out.append(f'{indent}raise NotImplementedError("write this")')
        elif text == END:
            if not begun:
                raise StubError(f"{name}:{number}: a solution ends that has not begun")
            begun = 0
        elif not begun:
            out.append(line)
    if begun:
        raise StubError(f"{name}:{begun}: a solution begins and does not end")
    text = _without_gaps("\n".join(out)) + "\n"
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise StubError(f"{name}: its stub does not parse: {error.msg} (line {error.lineno} of the stub)") from None
    return text


def points_table(assignment: Assignment) -> str:
    """The handout's table of exercises, in markdown."""
    lines = ["| exercise | points | for speed | what it is |", "|---|---|---|---|"]
    for exercise in assignment.checks.exercises:
        speed = f"{exercise.speed_points:g}" if exercise.speed_points else ""
        lines.append(f"| `{exercise.id}` | {exercise.points:g} | {speed} | {exercise.title} |")
    return "\n".join(lines)


def generated(assignment: Assignment) -> dict[Path, str]:
    """Every generated file of an assignment with the text that it should have. Raises StubError, LessonError."""
    files = {}
    for module, declared in assignment.checks.modules.items():
        source = (assignment.solution / f"{module}.py").read_text(encoding="utf-8")
        files[assignment.folder / f"{module}.py"] = stub(source, f"{module}.py")
        if authored := lesson_file(assignment, module):
            files[assignment.folder / f"{module}.ipynb"] = lesson(assignment, declared, authored)
    handout = assignment.folder / "README.md"
    if handout.is_file():
        text = handout.read_text(encoding="utf-8")
        before, begin, rest = text.partition(TABLE_BEGIN)
        _, end, after = rest.partition(TABLE_END)
        if begin and end:
            files[handout] = f"{before}{TABLE_BEGIN}\n{points_table(assignment)}\n{TABLE_END}{after}"
    return files


def stale(assignment: Assignment) -> list[Path]:
    """The generated files that are not what they should be. Raises StubError, LessonError."""
    return [
        path
        for path, text in generated(assignment).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def _without_gaps(text: str) -> str:
    """At most two empty lines in a row, none at the end."""
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return text.rstrip("\n")
