"""One submission, graded once: what `grader check` and the notebook call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.course import Assignment, Course, CourseError
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Plain
from grader.submission import Submission, open_submission


def check(
    assignment: Assignment,
    submission: Submission,
    options: Options,
    progress: Callable[[str], None] = lambda exercise: None,
) -> Result:
    """Grade a submission in plain processes. Raises CourseError, CheckError, OracleFault."""
    if assignment.hidden is None:
        raise CourseError(
            f"there is no reference solution for {assignment.name} in {assignment.solution}; "
            "grader.toml names the folder of solutions"
        )
    with Plain() as nursery:
        judge = Judge(assignment, Oracle(nursery, assignment), nursery, options)
        return judge.grade(submission, nursery.level, progress)


def find_submission(course: Course, assignment: Assignment, path: Path | None, here: Path) -> Submission:
    """What `--submission` names; else the current folder, if a module of the assignment lies there; else the stubs.

    Raises SubmissionError."""
    modules = list(assignment.checks.modules)
    if path is None:
        own = any((here / f"{module}.py").is_file() for module in modules)
        path = here if own else assignment.folder
    return open_submission(path, modules)


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
