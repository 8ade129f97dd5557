"""The structure that DESIGN fixes: imports point downwards, and the judge's side imports no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import grader

PACKAGE = Path(grader.__file__).parent

# From the ground up; a room may import from rooms further down only.
FLOORS = (
    ("errors", "files", "leftovers", "gpu", "seed"),
    ("wire",),
    ("draw",),
    ("property",),
    ("spec",),
    ("ask",),
    ("worker",),
    ("result",),
    ("peer",),
    ("meter",),
    ("course",),
    ("basis",),
    ("compare",),
    ("question",),
    ("agreement",),
    ("notebook",),
    ("submission",),
    ("gradebook",),
    ("sandbox",),
    ("lesson",),
    ("stubs",),
    ("known",),
    ("scaffold",),
    ("oracle",),
    ("recording",),
    ("response",),
    ("interview",),
    ("sitting",),
    ("rules",),
    ("clock",),
    ("heats",),
    ("yardstick",),
    ("discretion",),
    ("explain",),
    ("placement",),
    ("diagnose",),
    ("measured",),
    ("trial",),
    ("editions",),
    ("marked",),
    ("skeleton",),
    ("judge",),
    ("grading", "both"),
    ("fingerprint",),
    ("session", "debug"),
    ("watch",),
    ("engine",),
    ("batch",),
    ("release",),
    ("pytest_plugin",),
    ("validate",),
    ("report",),
    ("gradescope",),
    ("api",),
    ("cli",),
)
HEIGHT = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
BESIDE_STUDENTS = {"errors", "wire", "spec", "ask", "property", "worker"}


def room(path: Path) -> str:
    """The room that a file belongs to: grader/worker/serve.py -> worker."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The rooms that a file imports from, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "grader" and len(parts) > 1:
                found.add(parts[1])
    return found - {"__version__"}


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    mine = room(path)
    if mine == "__init__":
        return
    assert mine in HEIGHT, f"{mine} has no floor in this test"
    for other in imported_rooms(path) - {mine}:
        assert HEIGHT[other] < HEIGHT[mine], f"{path.name} in {mine} imports {other}, which is not below it"


def test_the_worker_imports_what_may_lie_beside_student_code_only() -> None:
    for path in FILES:
        if room(path) in BESIDE_STUDENTS:
            assert imported_rooms(path) <= BESIDE_STUDENTS, path


def test_every_error_that_is_told_is_a_grader_error() -> None:
    bases = {
        f"{path.relative_to(PACKAGE)}: {node.name}": [ast.unparse(base) for base in node.bases]
        for path in FILES
        if room(path) not in ("wire", "worker")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Fault"))
    }
    assert len(bases) > 10
    assert {name for name, of in bases.items() if of != ["GraderError"]} == {"errors.py: GraderError"}


def test_the_judge_imports_no_torch() -> None:
    code = """
import sys
from pathlib import Path
import grader.cli, grader.judge
assert all(grader.cli.main.get_command(None, name) for name in grader.cli.COMMANDS)
from grader.course import find_course
from grader.question import draw
course = find_course(Path(sys.argv[1]))
for name in course.names():
    assignment = course.assignment(name)
    for exercise in assignment.checks.exercises:
        for case in exercise.cases:
            draw(exercise, case, b"x", course.assignments)
assert course.names(), "no assignment was looked at"
assert "torch" not in sys.modules, "torch was imported"
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(PACKAGE.parent)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
