"""One submission, graded once: what `grader check` and the notebook call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from grader.course import Assignment, Course, CourseError
from grader.editions import Poll
from grader.gpu import GPU
from grader.judge import Judge, Options
from grader.notebook import in_cells
from grader.oracle import Oracle
from grader.peer import printable
from grader.recording import NAME, RecordedOracle, read_recording, without_reference
from grader.result import Result
from grader.sandbox import Cage, Plain, SandboxError, automatic, enter, gpu_of, usable
from grader.submission import Submission, SubmissionError, open_submission


def check(
    assignment: Assignment,
    submission: Submission,
    options: Options,
    progress: Callable[[str], None] = lambda exercise: None,
    sandbox: str = "none",
) -> Result:
    """Grade a submission at a level of `sandbox` ("auto": the best that this machine gives). Raises CourseError,
    CheckError, OracleFault, RecordingError, SandboxError."""
    gpu = gpu_of(options.device)
    with Plain(gpu=gpu) as trusted, ExitStack() as stack:
        if gpu is not None:
            usable(trusted)
        cage = _cage(stack, sandbox, assignment, submission, gpu) or trusted
        oracle = oracle_of(assignment, trusted)
        return graded(Judge(assignment, oracle, cage, options), oracle, submission, cage.level, progress)


def oracle_of(assignment: Assignment, trusted: Plain) -> Oracle:
    """The reference, or what a release holds instead of it. Raises CourseError, RecordingError."""
    if assignment.unsolved is None:
        return Oracle(trusted, assignment)
    file = assignment.folder / NAME
    if file.is_file():
        return RecordedOracle(trusted, assignment, read_recording(file))
    raise CourseError(assignment.unsolved)


def graded(
    judge: Judge,
    oracle: Oracle,
    submission: Submission,
    level: str,
    progress: Callable[[str], None],
    polls: Mapping[str, Poll] | None = None,
) -> Result:
    """The record of one submission, in the words of whoever handed it in. `polls`: as in `Judge.grade`."""
    result = judge.grade(submission, level, progress, polls)
    if isinstance(oracle, RecordedOracle):
        result = without_reference(result, oracle.unjudged)
    return in_cells(result, submission.cells)


def _cage(stack: ExitStack, level: str, assignment: Assignment, submission: Submission, gpu: GPU | None) -> Cage | None:
    """A cage for the submission; None where its code may run where the reference does, and torch is imported once."""
    file = submission.folder / submission.name  # where the submission is one file
    handed_in = file if file.is_file() else submission.folder
    for wanted in automatic() if level == "auto" else (level,):
        if wanted == "none":
            return None
        try:
            cage, _ = enter(stack, [wanted], handed_in, assignment.public, assignment.course.given, gpu)
        except SandboxError:
            if level != "auto":
                raise
        else:
            return cage
    return None


def find_submission(course: Course, assignment: Assignment, path: Path | None, here: Path) -> Submission:
    """The submission at `place`. Raises SubmissionError; if nothing was named, it says what lies in the current folder,
    and which assignments ask for that."""
    where = place(assignment, path, here)
    try:
        found = open_submission(where, assignment.checks.modules)
    except SubmissionError as error:
        if path is not None:
            raise
        raise SubmissionError(
            f"nothing of {assignment.name} to grade here: {error}{_lies_here(course, here)}"
        ) from None
    if path is None and where.absolute() != here.absolute():
        found = replace(
            found, notes=(f"none of {assignment.name}'s modules lies here; graded is {where}", *found.notes)
        )
    return found


def _lies_here(course: Course, here: Path) -> str:
    """What lies in a folder, with the assignments that ask for it."""
    files = sorted(file.name + "/" * file.is_dir() for file in here.iterdir() if not file.name.startswith("."))
    asking: dict[str, list[str]] = {}
    for name in course.names() if any(file.endswith(".py") for file in files) else ():
        for module in course.assignment(name).checks.modules.values():
            for one in (module.name, *module.files):
                asking.setdefault(f"{one}.py", []).append(name)
    told = [f"{file} (of {' and '.join(asking[file])})" for file in files if file in asking] or files
    if not told:
        return "; it is empty"
    return f"; what lies here: {', '.join(map(printable, told[:8]))}{' ...' * (len(told) > 8)}"


def place(assignment: Assignment, path: Path | None, here: Path) -> Path:
    """What `--submission` names; else the current folder. The course's own, in which assignments lie side by side,
    stands for the assignment's."""
    if path is not None:
        return path
    course = assignment.course
    return assignment.folder if here.resolve() in (course.root.resolve(), course.assignments.resolve()) else here


def guess_assignment(course: Course, here: Path) -> str:
    """The assignment that the current folder is about, when none is named. Raises CourseError."""
    names = course.names()
    if here.name in names:
        return here.name
    fitting = [
        name
        for name in names
        if any((here / f"{module}.py").is_file() for module in course.assignment(name).checks.modules)
    ]
    if len(fitting) == 1:
        return fitting[0]
    raise CourseError(f"which assignment? name one of {', '.join(names)}: grader check {names[0] if names else 'a1'}")
