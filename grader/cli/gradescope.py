"""`grader gradescope`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from grader.cli.common import RIGHT, sentences
from grader.course import find_course
from grader.files import check_writable, write_atomically
from grader.report.grade import number
from grader.sandbox import LEVELS


@click.command()
@click.argument("assignment")
@click.option("--out", type=click.Path(path_type=Path), help="The zip; ASSIGNMENT.zip if it is not given.")
@click.option("--seed", help="Draw the hidden cases from this word instead of a random one. It lies in the zip.")
@click.option(
    "--sandbox",
    type=click.Choice(LEVELS),
    default="user",
    show_default=True,
    help="How submissions are caged there; user is what a container allows.",
)
@click.option("--index", help="The package index from which torch is taken there: one of builds for the CPU is small.")
@sentences
def gradescope(assignment: str, out: Path | None, seed: str | None, sandbox: str, index: str | None) -> int:
    """Make the zip that Gradescope's "Configure Autograder" takes."""
    from grader.gradescope import Settings, bundle

    check_writable(out or Path(f"{assignment}.zip"))
    chosen = find_course().assignment(assignment)
    settings = Settings(chosen.name, seed if seed is not None else secrets.token_hex(16), sandbox)
    file = out or Path(f"{chosen.name}.zip")
    write_atomically(file, bundle(chosen, settings, index))
    exercises = list(chosen.checks.exercises)
    points = sum(one.points for one in exercises if not one.needs_cuda)
    click.echo(f"wrote {file}: it holds the solutions and the seed, so keep it to yourself")
    click.echo(f"On Gradescope the assignment is worth {number(points)} points.")
    if any(one.needs_cuda for one in exercises):
        click.echo("Left out, since there is no GPU: " + ", ".join(one.id for one in exercises if one.needs_cuda))
    return RIGHT
