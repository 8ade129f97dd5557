"""What `grader check --watch` takes from a save to the verdict, for exercises with and without a limit on time, in
modules with and without editions. A save is noticed within 0.1 s; that is not in it. Beside the wall stands the CPU
time of the judge and all workers, which a busy machine changes less: they work one after the other.

    python -m benchmarks.watch [ASSIGNMENT ...] [--exercise NAME] [--saves N] [--parts]
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.sandbox import used
from grader.course import Assignment, find_course
from grader.result import Result
from grader.session import Session
from grader.spec import Exercise
from grader.watch import Watcher

AIM = 2.0  # seconds
COLUMNS = (
    "exercise",
    "editions",
    "timed",
    "first check",
    "in the quiet",
    "a save",
    "the first wrong one",
    "another",
    "",
)
Seconds = tuple[float, float]  # of CPU, and by the wall
WORSE = '''
import torch


def worse(function):
    """The function with another result."""
    return lambda *args, **kwargs: off(function(*args, **kwargs))


def off(value):
    if isinstance(value, torch.Tensor):
        return 1.5 * value + 1 if value.is_floating_point() else ~value if value.dtype == torch.bool else value + 1
    if isinstance(value, tuple | list):
        return type(value)([off(value[0]), *value[1:]])
    if isinstance(value, dict):
        return {name: off(one) for name, one in value.items()}
    return value if value is None else value * 2 + 1
'''


def chosen(assignment: Assignment) -> Iterator[Exercise]:
    """The function worth most of each kind: with and without editions, timed and untimed."""
    kinds: dict[tuple[bool, bool], Exercise] = {}
    for exercise in sorted(assignment.checks.exercises, key=lambda one: -one.points):
        source = (assignment.solution / f"{exercise.module.name}.py").read_text()
        if not exercise.needs_cuda and line_of(source, exercise) is not None and "__init__" not in exercise.name:
            kinds.setdefault((bool(exercise.module.editions), exercise.timed_case is not None), exercise)
    yield from kinds.values()


def line_of(source: str, exercise: Exercise) -> int | None:
    """The position of the line with the exercise's `def`."""
    holder, _, name = exercise.name.rpartition(".")
    begin = re.search(rf"^class {holder}\b", source, re.MULTILINE) if holder else None
    found = re.compile(rf"^[ ]*def {name}\(", re.MULTILINE).search(source, begin.end() if begin else 0)
    return found.start() if found and (begin is None) == (not holder) else None


def timed(watcher: Watcher, file: Path, exercise: Exercise, edit: str) -> Seconds:
    """Save the reference with a line above the exercise's `def`; what the look at it takes."""
    source = file.with_suffix(".txt").read_text()
    at = line_of(source, exercise)
    assert at is not None
    indent = re.match(r" *", source[at:])
    file.write_text(f"{source[:at]}{indent.group() if indent else ''}{edit}\n{source[at:]}")
    return took(watcher.look, edit)


def took(work: Callable[[], object], what: str) -> Seconds:
    """Seconds that it takes; with --parts, what of them goes where, on stderr."""
    begin, spent = time.perf_counter(), used()
    work()
    seconds = time.perf_counter() - begin
    told = used() - spent, seconds
    if SPENT:
        parts = sorted(SPENT.items(), key=lambda one: -one[1][1])
        words = ", ".join(f"{name} {took:.2f} ({count})" for name, (count, took) in parts)
        print(f"    {told[0]:.2f} {seconds:.2f}  {what}: {words}", file=sys.stderr)
        SPENT.clear()
    return told


def measured(session: Session, exercise: Exercise, folder: Path, saves: int, told: list[Result]) -> list[str]:
    """A row of the table."""
    watcher = Watcher(session, [exercise.id], told.append, fail, lambda sentence: None)
    file = folder / f"{exercise.module.name}.py"
    first = took(watcher.begin, exercise.id)
    quiet = took(lambda: list(session.foresee(exercise.id)), "quiet")
    right = [timed(watcher, file, exercise, f"@(lambda f: f)  # {i}") for i in range(saves)]
    state = told[-1].exercises[0].verdict.value
    wrong = [timed(watcher, file, exercise, f'@__import__("worse").worse  # {i}') for i in range(saves + 1)]
    shutil.copy(file.with_suffix(".txt"), file)
    kind = [str(len(exercise.module.editions) + 1), "yes" if exercise.timed_case else "no"]
    seconds = [first, quiet, median(right), wrong[0], median(wrong[1:])]
    verdicts = f"{state}, {told[-1].exercises[0].verdict.value}"
    return [f"`{exercise.id}`", *kind, *(f"{cpu:.2f} ({wall:.2f})" for cpu, wall in seconds), verdicts]


def median(measured: Sequence[Seconds]) -> Seconds:
    """The median of each."""
    cpu, wall = zip(*measured, strict=True)
    return statistics.median(cpu), statistics.median(wall)


def fail(error: Exception) -> None:
    raise error


SPENT: dict[str, tuple[int, float]] = {}  # calls and seconds, by what they are for; one may be part of another


def note_parts() -> None:
    """Note where time goes from now on."""

    def note(owner: object, name: str, what: str) -> None:
        call = getattr(owner, name)

        def noted(*args: object, **kwargs: object) -> object:
            begin = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                count, seconds = SPENT.get(what, (0, 0.0))
                SPENT[what] = count + 1, seconds + time.perf_counter() - begin

        setattr(owner, name, noted)

    from grader import clock, diagnose, oracle, session, trial, yardstick
    from grader.interview import Interview
    from grader.rules import SourceReader
    from grader.sandbox import Plain

    note(Interview, "load", "import")
    note(Interview, "ask", "ask")
    note(trial.Trial, "_race", "race")
    note(clock.Runner, "ask", "race: asking")
    note(trial.Trial, "_counts", "counts")
    note(yardstick.Yardstick, "question", "draw")
    note(SourceReader, "inspected", "inspect")
    note(diagnose.Diagnosis, "hints", "hints")
    note(oracle.Oracle, "_ask", "reference")
    note(Plain, "end", "end workers")
    note(Plain, "spawn", "fork")
    note(session.Session, "check", "all")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--exercise", help="Only this one.")
    parser.add_argument("--saves", type=int, default=3)
    parser.add_argument("--parts", action="store_true", help="Tell on stderr where the time goes.")
    options = parser.parse_args()
    if options.parts:
        note_parts()
    course = find_course(Path(__file__))
    print(f"Seconds of CPU, and by the wall, from a save to the verdict; the aim is {AIM:g}.\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    for name in options.assignments or course.names():
        assignment = course.assignment(name)
        for exercise in assignment.select([options.exercise]) if options.exercise else chosen(assignment):
            with tempfile.TemporaryDirectory() as made:
                folder = Path(made)
                (folder / "worse.py").write_text(WORSE)
                for module in assignment.checks.modules:
                    for ending in (".py", ".txt"):
                        shutil.copy(assignment.solution / f"{module}.py", folder / f"{module}{ending}")
                with Session(course, assignment, folder, folder) as session:
                    row = measured(session, exercise, folder, options.saves, [])
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
