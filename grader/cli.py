"""The commands. They parse and print; what they call decides."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from grader import __version__
from grader.course import Assignment, CourseError, find_course
from grader.grading import check as run_check
from grader.grading import find_submission, guess_assignment
from grader.judge import Options
from grader.oracle import OracleFault
from grader.report import terminal
from grader.result import Result
from grader.sandbox import LEVELS, SandboxError
from grader.spec import CheckError
from grader.stubs import StubError, generated, stale
from grader.submission import SubmissionError

RIGHT, NOT_RIGHT, COULD_NOT = 0, 1, 2  # exit codes


def sentences(command: Callable[..., int]) -> Callable[..., None]:
    """Exit with what the command returns; whatever it raises is one sentence on stderr and COULD_NOT."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except click.ClickException:
            raise
        except (CourseError, CheckError, SubmissionError, OracleFault, SandboxError, StubError) as error:
            code = _fail(str(error))
        except OSError as error:
            name = f" ({error.filename})" if error.filename else ""
            code = _fail(f"{error.strerror or error}{name}")
        except KeyboardInterrupt:
            code = _fail("stopped")
        except Exception as error:
            if os.environ.get("GRADER_DEBUG"):
                raise
            code = _fail(f"a fault in grader itself: {type(error).__name__}: {error} (GRADER_DEBUG=1 shows where)")
        sys.stdout.flush()
        sys.exit(code)

    return run


def _fail(sentence: str) -> int:
    click.echo(f"grader: {' '.join(sentence.split())}", err=True)
    return COULD_NOT


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
def main() -> None:
    """Auto-graded deep-learning-for-vision assignments."""


@main.command()
@click.argument("assignment", required=False)
@click.option("--submission", type=click.Path(path_type=Path), help="A folder, or a single .py file.")
@click.option("-e", "--exercise", "exercises", multiple=True, help="Only this exercise (any unambiguous ending).")
@click.option("--public", is_flag=True, help="Public cases only.")
@click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), default="cpu", show_default=True)
@click.option("--json", "record", type=click.Path(path_type=Path), help="Write the whole record to this file.")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", *LEVELS]),
    default="auto",
    show_default=True,
    help="How the submission's processes are caged; grader doctor says what this machine can do.",
)
@click.option("--seed", help="Draw the hidden cases from this word instead of the public one.")
@click.option("-v", "--verbose", is_flag=True, help="Show everything: notes, frames, what was printed.")
@sentences
def check(
    assignment: str | None,
    submission: Path | None,
    exercises: tuple[str, ...],
    public: bool,
    device: str,
    record: Path | None,
    sandbox: str,
    seed: str | None,
    verbose: bool,
) -> int:
    """Grade a submission: the current folder, or the one that --submission names."""
    course = find_course()
    chosen = course.assignment(assignment or guess_assignment(course, Path.cwd()))
    work = find_submission(course, chosen, submission, Path.cwd())
    options = Options(
        exercises=tuple(exercise.id for exercise in chosen.select(exercises)) if exercises else None,
        public_only=public,
        device=_device(device),
        secret=seed.encode() if seed is not None else None,
    )
    result = _with_progress(lambda progress: run_check(chosen, work, options, progress, sandbox), chosen)
    terminal.show(result, _console(), verbose)
    if record is not None:
        write_atomically(record, result.to_json())
    if result.faults:
        return _fail(f"{len(result.faults)} exercises could not be graded: {result.faults[0].sentence}")
    return RIGHT if result.all_right else NOT_RIGHT


@main.command("list")
@sentences
def list_assignments() -> int:
    """Name the assignments, and what each is about."""
    course = find_course()
    for name in course.names():
        checks = course.assignment(name).checks
        click.echo(f"{name}  {checks.title}  ({len(list(checks.exercises))} exercises, {', '.join(checks.modules)})")
    return RIGHT


@main.command()
@click.argument("assignment")
@sentences
def show(assignment: str) -> int:
    """List an assignment's exercises: points, what each needs, its rules."""
    checks = find_course().assignment(assignment).checks
    click.echo(f"{checks.name}: {checks.title}")
    for module in checks.modules.values():
        click.echo(f"\n{module.name}.py  {sum(e.points for e in module.exercises):g} points")
        for exercise in module.exercises:
            speed = f" ({exercise.speed_points:g} for speed)" if exercise.speed_points else ""
            click.echo(f"  {exercise.points:>4g}{speed}  {exercise.name}: {exercise.title}")
            for rule in exercise.rules:
                click.echo(f"          rule: {rule.sentence}")
        for edition in module.editions.values():
            click.echo(f"  also right: {edition.sentence}")
    return RIGHT


@main.command()
@sentences
def doctor() -> int:
    """Say how far this machine can cage a stranger's code, what was tried, and what to install."""
    from grader.sandbox import doctor as examination

    diagnoses = examination.examine()
    click.echo("\n".join(examination.summary(diagnoses)))
    for told in diagnoses:
        click.echo(f"\n{told.level}: {'yes' if told.reason is None else f'no, {told.reason}'}")
        for note in told.notes:
            click.echo(f"  {note}")
    for title, lines in (("", examination.table(diagnoses)), ("What would help:", examination.advice())):
        if lines:
            click.echo("\n" + "\n".join([title, *lines] if title else lines))
    return RIGHT if any(told.reason is None for told in diagnoses) else NOT_RIGHT


@main.command()
@click.argument("assignments", nargs=-1)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if a generated file is out of step.")
@sentences
def stubs(assignments: tuple[str, ...], only_check: bool) -> int:
    """Generate the stubs and the handouts' tables from the reference solutions."""
    course = find_course()
    old: list[Path] = []
    for name in assignments or course.names():
        assignment = course.assignment(name)
        texts = generated(assignment)
        for path in stale(assignment):
            old.append(path)
            if not only_check:
                write_atomically(path, texts[path].encode())
                click.echo(f"wrote {path}")
    if only_check and old:
        click.echo(f"out of step with their source: {', '.join(map(str, old))}; run grader stubs", err=True)
        return NOT_RIGHT
    return RIGHT


@main.command()
@click.argument("assignments", nargs=-1)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True)
@click.option("--report", "file", type=click.Path(path_type=Path), help="Write the table and the survivors here too.")
@click.option("--sample", type=click.IntRange(1), help="Only so many mutants of each assignment.")
@click.option(
    "--cache", "folder", type=click.Path(path_type=Path), help="Keep findings here; reuse what has not changed."
)
@sentences
def validate(
    assignments: tuple[str, ...], jobs: int, file: Path | None, sample: int | None, folder: Path | None
) -> int:
    """Prove that the grading is right: references, stubs, oracles, misconceptions, null answers, mutants."""
    from grader import validate as proofs
    from grader.report import validation

    course = find_course()
    chosen = [course.assignment(name) for name in assignments or course.names()]
    findings = proofs.validate(
        chosen,
        jobs=jobs,
        cache=proofs.Cache(folder),
        sample=sample,
        progress=lambda finding: _tell(f"{finding.proof}: {finding.subject}"),
    )
    table, survivors, gaps = validation.table(findings), validation.survivors(findings), validation.gaps(findings)
    text = table + "".join(
        f"\n\nSurviving mutants:\n\n{chr(10).join(f'- `{s}`' for s in survivors)}" if survivors else ""
    )
    click.echo(text)
    if file is not None:
        write_atomically(file, f"{text}\n".encode())
    for gap in gaps:
        click.echo(f"gap: {gap}", err=True)
    return NOT_RIGHT if gaps else RIGHT


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{line[:100]}", nl=False, err=True)


def _device(wanted: str) -> str:
    has_gpu = Path("/dev/nvidiactl").exists()
    if wanted == "cuda" and not has_gpu:
        raise click.UsageError("this machine has no NVIDIA GPU; use --device cpu")
    return "cuda" if has_gpu and wanted != "cpu" else "cpu"


def _console() -> Console:
    """As wide as the terminal; wide and without colour elsewhere."""
    return Console() if sys.stdout.isatty() else Console(width=160, no_color=True, force_terminal=False)


def _with_progress(work: Callable[[Callable[[str], None]], Result], assignment: Assignment) -> Result:
    """Run `work` with a line on stderr that names the exercise in hand, on a terminal."""
    if not sys.stderr.isatty():
        return work(lambda exercise: None)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=len(list(assignment.checks.exercises)))
        return work(lambda exercise: bar.update(task, description=exercise, advance=1))


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or none of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    main()
