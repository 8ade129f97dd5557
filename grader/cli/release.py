"""`grader release`: what students get."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.common import RIGHT, sentences, tell
from grader.course import find_course


@click.command()
@click.argument("assignments", nargs=-1, required=True)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--wheel", type=click.Path(path_type=Path), help="A wheel of grader, to go along: pip wheel --no-deps .")
@sentences
def release(assignments: tuple[str, ...], out: Path, wheel: Path | None) -> int:
    """Make the folder that students get, of one assignment or several: nothing of a solution is in it."""
    from grader.release import release as make

    course = find_course()
    folder = make([course.assignment(name) for name in assignments], out, wheel, progress=tell)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    tell("")
    click.echo(f"wrote {folder} ({size / 1e6:.1f} MB); it was searched for solutions, hidden cases and misconceptions")
    return RIGHT
