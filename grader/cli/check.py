"""`grader check`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from grader import gpu
from grader.both import DEVICES, differences, record_of
from grader.cli.common import NOT_RIGHT, RIGHT, console, fail, sentences
from grader.course import Assignment, find_course
from grader.errors import GraderError
from grader.files import check_writable, write_atomically
from grader.grading import check as run_check
from grader.grading import find_submission, guess_assignment
from grader.judge import Options
from grader.report import terminal
from grader.result import Result
from grader.sandbox import LEVELS
from grader.seed import secret_of
from grader.submission import Submission


@click.command()
@click.argument("assignment", required=False)
@click.option("--submission", type=click.Path(path_type=Path), help="A folder, a single .py file, or a notebook.")
@click.option("-e", "--exercise", "exercises", multiple=True, help="Only this exercise (any unambiguous ending).")
@click.option("--public", is_flag=True, help="Public cases only.")
@click.option("--device", type=click.Choice(["cpu", "cuda", "both", "auto"]), default="cpu", show_default=True)
@click.option("--json", "record", type=click.Path(path_type=Path), help="Write the whole record to this file.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page with pictures to this file.")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", *LEVELS]),
    default="auto",
    show_default=True,
    help="How the submission's processes are caged; grader doctor says what this machine can do.",
)
@click.option("--seed", help="Draw the hidden cases from this word instead of the public one.")
@click.option("--watch", is_flag=True, help="Check again what changed whenever a file is saved; not caged.")
@click.option("--debug", is_flag=True, help="Run one exercise (-e) under pdb, in this process; not caged.")
@click.option("-v", "--verbose", is_flag=True, help="Show everything: notes, frames, what was printed.")
@sentences
def check(
    assignment: str | None,
    submission: Path | None,
    exercises: tuple[str, ...],
    public: bool,
    device: str,
    record: Path | None,
    page: Path | None,
    sandbox: str,
    seed: str | None,
    watch: bool,
    debug: bool,
    verbose: bool,
) -> int:
    """Grade a submission: the current folder, or the one that --submission names."""
    check_writable(record, page)
    if watch:
        return _watch(assignment, submission, exercises, verbose)
    course = find_course()
    if course.remark:
        click.echo(f"grader: {course.remark}", err=True)
    chosen = course.assignment(assignment or guess_assignment(course, Path.cwd()))
    work = find_submission(course, chosen, submission, Path.cwd())
    if debug:
        return _debug(chosen, work, exercises)
    for note in work.notes:
        click.echo(f"grader: {note}", err=True)
    options = Options(
        exercises=tuple(exercise.id for exercise in chosen.select(exercises)) if exercises else None,
        public_only=public,
        device=device_of("cuda" if device == "both" else device),
        secret=secret_of(seed.encode()) if seed is not None else None,
    )

    def graded(on: str, record: Path | None, page: Path | None) -> tuple[Result, int]:
        return _one(chosen, work, replace(options, device=on), sandbox, verbose, record, page)

    return _both(graded, record, page) if device == "both" else graded(options.device, record, page)[1]


def _one(
    chosen: Assignment,
    work: Submission,
    options: Options,
    sandbox: str,
    verbose: bool,
    record: Path | None,
    page: Path | None,
) -> tuple[Result, int]:
    """Grade on one device, show and write the record; with the exit code."""
    result = _with_progress(lambda progress: run_check(chosen, work, options, progress, sandbox), chosen)
    terminal.show(result, console(), verbose)
    if chosen.hidden is None:
        click.echo("The public cases only: hidden ones, with other inputs, are run at grading.")
    if record is not None:
        write_atomically(record, result.to_json())
    if page is not None:
        from grader.report.html import page_of_result

        write_atomically(page, page_of_result(result, chosen).encode("utf-8", "replace"))
    if result.faults:
        return result, fail(f"{len(result.faults)} exercises could not be graded: {result.faults[0].sentence}")
    return result, RIGHT if result.all_right else NOT_RIGHT


def _both(graded: Callable[..., tuple[Result, int]], record: Path | None, page: Path | None) -> int:
    """The same on each device; then what differs. The exit code is the worse of the two."""
    results, codes = [], []
    for device in DEVICES:
        result, code = graded(device, *(file and record_of(file, device) for file in (record, page)))
        results.append(result)
        codes.append(code)
    found = differences(*results)
    click.echo(
        "\n".join(
            ["What differs between the CPU and the GPU:", *(f"  {line}" for line in found)]
            if found
            else ["The CPU and the GPU agree."]
        )
    )
    return max(codes)


def _watch(assignment: str | None, path: Path | None, exercises: tuple[str, ...], verbose: bool) -> int:
    from grader.session import Session
    from grader.watch import watch

    def show(result: Result) -> None:
        terminal.show(result, screen, verbose)
        announce("saved files are checked again; ctrl-c ends")

    def announce(sentence: str) -> None:
        screen.print(f"[dim]{sentence}[/dim]", highlight=False)

    def told(error: Exception) -> None:
        if not isinstance(error, GraderError):
            raise error
        fail(str(error))

    screen = console()
    with Session.open(assignment, path) as session:
        watch(session, exercises, show, told, announce)
    return RIGHT


def _debug(chosen: Assignment, work: Submission, exercises: tuple[str, ...]) -> int:
    from grader.debug import debug

    found = chosen.select(exercises)
    if not exercises or len(found) != 1:
        raise click.UsageError(f"--debug takes one exercise: -e {found[0].name}")
    debug(chosen, work, found[0])
    return RIGHT


def device_of(wanted: str) -> str:
    """The device that `cpu`, `cuda` or `auto` means here. Raises click.UsageError."""
    has_gpu = gpu.find() is not None
    if wanted == "cuda" and not has_gpu:
        raise click.UsageError(gpu.MISSING)
    return "cuda" if has_gpu and wanted != "cpu" else "cpu"


def _with_progress(work: Callable[[Callable[[str], None]], Result], assignment: Assignment) -> Result:
    """Run `work` with a line on stderr that names the exercise in hand, on a terminal."""
    if not sys.stderr.isatty():
        return work(lambda exercise: None)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=len(list(assignment.checks.exercises)))
        return work(lambda exercise: bar.update(task, description=exercise, advance=1))
