"""`grader batch`, `grader regrade`, `grader diff`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from grader.batch import Batch, Change, Ended, Request, changes, run_batch
from grader.cli.check import device_of
from grader.cli.common import NOT_RIGHT, RIGHT, fail, sentences
from grader.course import find_course
from grader.gradebook import Gradebook
from grader.peer import printable
from grader.sandbox import BEST


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What batch and regrade share."""
    for option in reversed(
        (
            click.option("--out", type=click.Path(path_type=Path), required=True, help="The gradebook's folder."),
            click.option("--jobs", type=click.IntRange(1), help="How many at once; one for each core if left out."),
            click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), default="cpu", show_default=True),
            click.option("--only", multiple=True, metavar="NAME", help="Only this student."),
            click.option(
                "--sandbox",
                type=click.Choice(["auto", *BEST]),
                default="auto",
                show_default=True,
                help="How submissions are caged: at the best level that this machine gives.",
            ),
            click.option("--no-sandbox", is_flag=True, help="No cages: for submissions of people that you trust."),
            click.option("--untimed", is_flag=True, help="Without speed limits; what they are worth is given."),
            click.option("--engine", default="local", show_default=True, help="local, or dask://HOST:PORT."),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("assignment")
@click.argument("submissions", type=click.Path(path_type=Path))
@_options
@click.option("--seed", help="Draw the hidden cases from this word instead of a random secret, kept in --out.")
@click.option("--resume", is_flag=True, help="Go on: what has a grade keeps it.")
@click.option("--retry-faults", is_flag=True, help="Try again what the grader itself has failed at.")
@sentences
def batch(assignment: str, submissions: Path, seed: str | None, resume: bool, retry_faults: bool, **shared: Any) -> int:
    """Grade a class's SUBMISSIONS: a folder or an archive, as Canvas, Moodle, Gradescope, Blackboard, Brightspace,
    nbgrader and GitHub Classroom give it, or one file, folder or archive for each student."""
    request = _request(assignment, submissions, **shared)
    return _run(replace(request, seed=seed, resume=resume or retry_faults, retry_faults=retry_faults))


@click.command()
@click.argument("assignment")
@click.argument("submissions", type=click.Path(path_type=Path), required=False)
@_options
@sentences
def regrade(assignment: str, submissions: Path | None, out: Path, **shared: Any) -> int:
    """Grade again what was graded before the assignment was changed, with the same hidden inputs, and tell what that
    changes. Only the exercises that the change touches are asked; the old grades are kept."""
    with Gradebook.open(out) as book:
        source = submissions or book.source(assignment)
    if source is None:
        return fail(f"nothing of {assignment} has been graded into {out}; grader batch does")
    code = _run(replace(_request(assignment, source, out, **shared), resume=True, retry_faults=True))
    _show_changes(out, assignment)
    return code


@click.command()
@click.argument("assignment")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The gradebook's folder.")
@sentences
def diff(assignment: str, out: Path) -> int:
    """How each student's last grade differs from the one before it."""
    _show_changes(out, assignment)
    return RIGHT


def _request(
    assignment: str,
    submissions: Path,
    out: Path,
    jobs: int | None,
    device: str,
    only: tuple[str, ...],
    sandbox: str,
    no_sandbox: bool,
    untimed: bool,
    engine: str,
) -> Request:
    """What `_options` ask for."""
    return Request(
        assignment=find_course().assignment(assignment),
        submissions=submissions,
        out=out,
        jobs=jobs or 0,
        only=only,
        levels=_levels(sandbox, no_sandbox),
        device=device_of(device),
        timed=not untimed,
        engine=engine,
    )


def _levels(sandbox: str, no_sandbox: bool) -> tuple[str, ...]:
    if no_sandbox:
        return ("none",)
    return BEST if sandbox == "auto" else (sandbox,)


# -- running -----------------------------------------------------------------------------------------------------


def _run(request: Request) -> int:
    state = Batch()
    screen = Console(stderr=True, soft_wrap=True)
    with _progress(state, screen) as advance, _stoppable(state, screen):
        run_batch(request, state, advance)
    _summary(state, request)
    if state.ungraded:
        fail(f"{state.ungraded} of {state.students} submissions are ungraded: {_remedy(state)}")
    return NOT_RIGHT if state.ungraded else RIGHT


def _remedy(state: Batch) -> str:
    if state.waiting:
        return "--resume goes on"
    return "--retry-faults tries them again" if state.faults or state.old_faults else "another batch is at them"


def _summary(state: Batch, request: Request) -> None:
    told = [f"{state.students} submissions"]
    if state.before:
        told.append(f"{state.before - state.old_faults} had been graded before")
    if state.old_faults:
        told.append(f"{state.old_faults} that the grader had failed at")
    told.append(f"{state.graded} graded now")
    if state.graded:
        points, out_of = state.points / state.graded, state.out_of / state.graded
        told[-1] += f" (mean {points:.1f} of {out_of:g} points)"
    if state.problems:
        told.append(f"{state.problems} with nothing to grade in them")
    if state.faults:
        told.append(f"{state.faults} that the grader failed at")
    if state.elsewhere:
        told.append(f"{state.elsewhere} in the hands of another batch")
    if state.waiting:
        told.append(f"{state.waiting} waiting")
    click.echo(f"{request.assignment.name}: {', '.join(told)}")
    click.echo(f"the gradebook is in {request.out}")
    if state.doubtful:
        remedy = "if the files of one student were taken for several students', lay them into a folder for each"
        click.echo(f"grader: {state.doubtful}: {remedy}", err=True)


class _Rate(ProgressColumn):
    """Submissions a minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed * 60:.0f}/min")


@contextmanager
def _progress(state: Batch, screen: Console) -> Iterator[Callable[[Ended | None], None]]:
    """What is to be told of each: a bar with rate and time left on a terminal, and a line for each problem."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("unpacking", total=None)

        def advance(ended: Ended | None) -> None:
            for remark in state.remarks if ended is None else ():
                screen.print(printable(f"grader: {remark}"), markup=False, highlight=False)
            if ended is not None and (why := ended.graded.problem or ended.graded.fault):
                kind = "" if ended.graded.problem else "ungraded: "
                handed = ended.work.handed
                named = (
                    "" if handed.submission in (handed.student, why.partition(" ")[0]) else f" ({handed.submission})"
                )
                line = f"{handed.student}: {kind}{why}{named}"
                screen.print(printable(" ".join(line.split())), markup=False, highlight=False)
            total = state.students - state.before
            bar.update(task, description="grading", total=total, completed=state.ended + state.elsewhere)

        yield advance


@contextmanager
def _stoppable(state: Batch, screen: Console) -> Iterator[None]:
    """The first interrupt ends the batch after what is in hand; the second one at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if state.stopped.is_set():
            raise KeyboardInterrupt
        state.stopped.set()
        screen.print("grader: stopping after the submissions in hand; once more to drop them", highlight=False)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# -- differences -------------------------------------------------------------------------------------------------


def _show_changes(out: Path, assignment: str) -> None:
    count = 0
    with Gradebook.open(out) as book:
        for change in changes(book, assignment):
            count += 1
            for line in _told(change):
                click.echo(printable(line))
    click.echo(f"{assignment}: {count or 'no'} grade{'' if count == 1 else 's'} changed")


def _told(change: Change) -> Iterator[str]:
    before, after = ("no grade" if one is None else f"{one:g}" for one in change.points)
    yield f"{change.student}  {before} -> {after}"
    if change.before.problem != change.after.problem:
        yield f"  {change.before.problem or 'it could be graded'} -> {change.after.problem or 'it can be graded'}"
    for old, new in change.exercises:
        was, now = ("-" if one is None else f"{one.verdict.words} {one.points:g}/{one.out_of:g}" for one in (old, new))
        either = new or old
        assert either is not None
        yield f"  {either.id}  {was} -> {now}"
