"""One exercise in this process, under pdb: it stops where the student's own function begins, and where it fails.

DebugError      there is nothing to stop in; the sentence says why
"""

from __future__ import annotations

import pdb
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from grader import wire
from grader.course import Assignment
from grader.draw import PUBLIC
from grader.errors import GraderError
from grader.question import draw
from grader.spec import Exercise
from grader.submission import Submission


class DebugError(GraderError):
    """Nothing to debug."""


def debug(assignment: Assignment, submission: Submission, exercise: Exercise, debugger: pdb.Pdb | None = None) -> None:
    """Ask the exercise its first public case, under pdb. The submission runs in this process, as its user's own code.

    Raises DebugError, CheckError."""
    from grader.worker.serve import Worker  # torch
    from grader.worker.tensors import from_wire, map_leaves

    case = next(case for case in exercise.cases if not case.hidden)
    question = draw(exercise, case, PUBLIC, assignment.course.assignments)
    name = exercise.module.name
    request = wire.LoadModule(
        folder=str(submission.folder),
        module=name,
        siblings=list(assignment.checks.modules),
        given=str(assignment.course.given),
        checks=str(assignment.public),
    )
    worker = Worker()
    loaded = worker.handle(request, memoryview(b""))
    assert isinstance(loaded, wire.Loaded)
    if loaded.failure is not None:
        told = f"{loaded.failure.error}: {loaded.failure.message}" if loaded.failure.error else "there is no such file"
        raise DebugError(f"{name}.py cannot be imported: {told}")
    tensors = map_leaves(question.inputs, lambda leaf: wire.Tensor.of(leaf) if isinstance(leaf, np.ndarray) else leaf)
    debugger = debugger or pdb.Pdb()
    file, line = _begins(worker.subject, exercise, submission.folder)
    debugger.message(f"{exercise.id}, case {case.name}: stops in {file.name}, line {line}; c goes on, q ends, h helps")
    if problem := debugger.set_break(str(file), line):
        raise DebugError(f"it cannot stop in {file.name}, line {line}: {problem}")
    debugger.rcLines.append("continue")  # from where runcall stops, in the ask
    try:
        outputs = debugger.runcall(exercise.ask, worker.subject, **from_wire(tensors))
    except Exception as error:
        debugger.message(f"it raises {type(error).__name__}: {error}")
        debugger.reset()
        debugger.interaction(None, error.__traceback__)
    else:
        for output, value in (outputs or {}).items():
            debugger.message(f"{output} = {_short(value)}")
    finally:
        debugger.clear_all_breaks()
        sys.settrace(None)


def _begins(subject: Any, exercise: Exercise, folder: Path) -> tuple[Path, int]:
    """File and first line of the body of the function that an exercise is named after. Raises DebugError."""
    found: Any = subject
    try:
        for part in exercise.name.split("."):
            found = getattr(found, part)
    except Exception:
        raise DebugError(f"{exercise.module.name}.py does not define {exercise.name}") from None
    function = getattr(found, "__init__", found) if isinstance(found, type) else found
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if not isinstance(code, CodeType) or not Path(code.co_filename).is_relative_to(folder):
        raise DebugError(f"{exercise.name} is no function of {exercise.module.name}.py that pdb could stop in")
    lines = [line for _, _, line in code.co_lines() if line is not None and line > code.co_firstlineno]
    return Path(code.co_filename), min(lines, default=code.co_firstlineno)


def _short(value: Any) -> str:
    shape = getattr(value, "shape", None)
    told = f"{type(value).__name__}{tuple(shape)} " if shape is not None else ""
    text = repr(value)
    return told + (text if len(text) <= 300 else f"{text[:300]} ...")
