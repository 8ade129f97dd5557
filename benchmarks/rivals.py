"""nbgrader and otter-grader on the same submissions: notebooks whose test cells ask the same questions in the student's
process, beside the reference. They live in an environment of their own, `make bench-rivals`.

Both grade what a batch of ours grades with --untimed: the answers. Nothing of it is caged.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from grader.course import Course

ENVIRONMENT = Path(".cache/rivals")
Measure = Callable[[list[str], Path, dict[str, str]], tuple[float, float, str]]  # command, folder, environment

HELPER = '''"""What the test cells call: the reference's answer and the submission's, compared."""

import importlib, sys, types
from pathlib import Path

import torch
from grader.course import find_course
from grader.question import draw, map_arrays
from grader.worker.subject import Subject

course = find_course(Path({root!r}))
assignment = course.assignment("a1")
sys.path[:0] = [str(course.given), str(assignment.solution)]


def tensors(inputs):
    return map_arrays(inputs, lambda array: torch.from_numpy(array.copy()))


def close(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and torch.allclose(a.double(), torch.as_tensor(b).double(), rtol=1e-6)
    return a == b or abs(a - b) < 1e-6


def check(exercise_id, names):
    exercise = assignment.checks[exercise_id]
    also = exercise.module.also
    reference = Subject(importlib.import_module(exercise.module.name), also)
    submission = Subject(types.SimpleNamespace(**names), also)
    for case in [*exercise.cases, *([exercise.timed_case] if exercise.timed_case else [])]:
        question = draw(exercise, case, b"secret", course.assignments)
        torch.manual_seed(question.seed)
        expected = exercise.ask(reference, **tensors(question.inputs))
        torch.manual_seed(question.seed)
        assert close(expected, exercise.ask(submission, **tensors(question.inputs))), case.name
    return True
'''


def environment(root: Path) -> dict[str, str]:
    """What a rival is run with: our packages behind its own, one thread."""
    ours = next((root / ".venv" / "lib").glob("python*")) / "site-packages"
    return {
        **os.environ,
        "PATH": f"{(root / ENVIRONMENT / 'bin').absolute()}:{os.environ['PATH']}",
        "RIVAL_PACKAGES": f"{ours}{os.pathsep}{root}",
        "OMP_NUM_THREADS": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def is_there(root: Path) -> bool:
    """Whether the rivals are installed."""
    return (root / ENVIRONMENT / "bin" / "nbgrader").exists() and (root / ENVIRONMENT / "bin" / "otter").exists()


def exercises(course: Course) -> list[str]:
    """What is asked: what needs no GPU."""
    return [one.id for one in course.assignment("a1").checks.exercises if not one.needs_cuda]


def source(place: Path) -> str:
    """A submission's modules as one cell."""
    return "\n\n".join(file.read_text() for file in sorted(place.glob("*.py")))


def _setup(helper: Path) -> str:
    return (
        "import os, sys\nsys.path.extend(os.environ['RIVAL_PACKAGES'].split(os.pathsep))\n"
        f"sys.path.insert(0, {str(helper)!r})\n"
        "from helper import check"
    )


def prepare(course: Course, root: Path) -> Path:
    """The folder with the helper of the test cells."""
    folder = root / "helper"
    folder.mkdir()
    (folder / "helper.py").write_text(HELPER.replace("{root!r}", repr(str(course.root))))
    return folder


def nbgrader(course: Course, places: list[Path], root: Path, measure: Measure) -> tuple[float, float]:
    """CPU and wall seconds for each submission."""
    helper, folder = prepare(course, root / "nbgrader"), root / "nbgrader"

    def notebook(work: str) -> Any:
        def cell(text: str, name: str, **how: Any) -> Any:
            told = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3, **how}
            made = v4.new_code_cell(text, metadata={"nbgrader": {"grade_id": name, **told}})
            made["id"] = name.replace(".", "-")[:60]
            return made

        tests = [
            cell(f"check({name!r}, globals())", f"test-{number}", grade=True, points=1)
            for number, name in enumerate(exercises(course))
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        work_cell = cell(work, "work", solution=True, locked=False)
        return v4.new_notebook(cells=[cell(_setup(helper), "setup"), work_cell, *tests], metadata=kernel)

    (folder / "source" / "a1").mkdir(parents=True)
    nbformat.write(notebook("### BEGIN SOLUTION\n### END SOLUTION"), folder / "source" / "a1" / "a1.ipynb")
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'course'\nc.ExecutePreprocessor.timeout = 60\n"
        "c.Execute.timeout = 60\nc.ClearSolutions.code_stub = {'python': ''}\n"
    )
    how = environment(course.root)
    subprocess.run(["nbgrader", "generate_assignment", "a1", "--force"], cwd=folder, env=how, check=True)
    for place in places:
        target = folder / "submitted" / place.name / "a1"
        target.mkdir(parents=True)
        nbformat.write(notebook(source(place)), target / "a1.ipynb")
    cpu, wall, _ = measure(["nbgrader", "autograde", "a1", "--force"], folder, how)
    graded = len(list((folder / "autograded").glob("*/a1/a1.ipynb")))
    if graded < len(places) / 2:
        raise SystemExit(f"nbgrader has graded {graded} of {len(places)}: its environment is broken")
    return cpu / len(places), wall / len(places)


def otter(course: Course, places: list[Path], root: Path, measure: Measure) -> tuple[float, float]:
    """The same for otter-grader."""
    helper, folder = prepare(course, root / "otter"), root / "otter"
    (folder / "tests").mkdir()
    for number, name in enumerate(exercises(course)):
        case = {"code": f">>> bool(check({name!r}, globals()))\nTrue", "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        told = {"name": f"q{number}", "points": 1, "suites": [suite]}
        (folder / "tests" / f"q{number}.py").write_text(f"OK_FORMAT = True\n\ntest = {told!r}\n")
    how = environment(course.root)
    subprocess.run(["otter", "generate", "-t", "tests", "-o", "autograder.zip"], cwd=folder, env=how, check=True)
    cpus, walls, graded = 0.0, 0.0, 0
    for place in places:
        cells = [v4.new_code_cell(_setup(helper)), v4.new_code_cell(source(place))]
        nbformat.write(v4.new_notebook(cells=cells), folder / f"{place.name}.ipynb")
        out = folder / "out" / place.name
        out.mkdir(parents=True)
        command = ["otter", "run", f"{place.name}.ipynb", "-a", "autograder.zip", "-o", str(out), "--no-logo"]
        cpu, wall, _ = measure(command, folder, how)
        cpus, walls, graded = cpus + cpu, walls + wall, graded + (out / "results.json").exists()
    if graded < len(places) / 2:
        raise SystemExit(f"otter has graded {graded} of {len(places)}: its environment is broken")
    return cpus / len(places), walls / len(places)


def clean(root: Path) -> None:
    """Remove what was made."""
    for name in ("nbgrader", "otter"):
        shutil.rmtree(root / name, ignore_errors=True)
