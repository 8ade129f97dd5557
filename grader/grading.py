"""One submission, graded once: what `grader check` and the notebook call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from grader.course import Assignment, Course, CourseError
from grader.editions import Poll
from grader.judge import Judge, Options
from grader.notebook import in_cells
from grader.oracle import Oracle
from grader.recording import NAME, RecordedOracle, read_recording, without_reference
from grader.result import Result
from grader.sandbox import Cage, Plain, SandboxError, automatic, enter
from grader.submission import Submission, open_submission


def check(
    assignment: Assignment,
    submission: Submission,
    options: Options,
    progress: Callable[[str], None] = lambda exercise: None,
    sandbox: str = "none",
) -> Result:
    """Grade a submission at a level of `sandbox` ("auto": the best that this machine gives). Raises CourseError,
    CheckError, OracleFault, RecordingError, SandboxError."""
    with Plain() as trusted, ExitStack() as stack:
        cage = _cage(stack, _level(sandbox, options.device), assignment, submission) or trusted
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


def _level(wanted: str, device: str) -> str:
    """The level to use with this device. Raises SandboxError."""
    if device == "cpu" or wanted == "none":
        return wanted
    if wanted == "auto":
        return "none"
    raise SandboxError(f"level {wanted} shows no GPU to a submission; use --sandbox none with --device {device}")


def _cage(stack: ExitStack, level: str, assignment: Assignment, submission: Submission) -> Cage | None:
    """A cage for the submission; None where its code may run where the reference does, and torch is imported once."""
    file = submission.folder / submission.name  # where the submission is one file
    handed_in = file if file.is_file() else submission.folder
    for wanted in automatic() if level == "auto" else (level,):
        if wanted == "none":
            return None
        try:
            cage, _ = enter(stack, [wanted], handed_in, assignment.public, assignment.course.given)
        except SandboxError:
            if level != "auto":
                raise
        else:
            return cage
    return None


def find_submission(course: Course, assignment: Assignment, path: Path | None, here: Path) -> Submission:
    """The submission at `place`. Raises SubmissionError."""
    return open_submission(place(assignment, path, here), assignment.checks.modules)


def place(assignment: Assignment, path: Path | None, here: Path) -> Path:
    """What `--submission` names; else the current folder, if a module of the assignment lies there; else the stubs."""
    if path is None:
        modules = assignment.checks.modules.values()
        names = [name for module in modules for name in (module.name, *module.files)]
        own = any((here / f"{name}.py").is_file() for name in names)
        path = here if own else assignment.folder
    return path


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
