"""`grader export`: a gradebook for other programs, and as pages to read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from grader.cli.common import RIGHT, sentences
from grader.course import Assignment, find_course
from grader.files import check_writable, write_atomically
from grader.gradebook import Entry, Gradebook, GradebookError
from grader.report.canvas import canvas_of, read_roster
from grader.report.csv import csv_of
from grader.report.gradescope import results_of
from grader.report.json import json_of
from grader.report.junit import junit_of
from grader.report.names import safe_name

FILES: dict[str, Callable[[Iterable[Entry], Assignment], bytes]] = {
    "csv": lambda entries, assignment: csv_of(entries, assignment).encode(),
    "json": json_of,
    "junit": junit_of,
}
FOLDERS = ("gradescope", "html")


@click.command()
@click.argument("assignment")
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["csv", "canvas", "gradescope", "junit", "json", "html"]),
    required=True,
    help="canvas: to import there; gradescope: a results.json for each student; html: pages to read.",
)
@click.option(
    "--gradebook",
    "book",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The gradebook, or the folder that grader batch wrote to; the current folder if it is not given.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file to write, or the folder for gradescope and html."
)
@click.option("--roster", type=click.Path(path_type=Path), help="canvas: a gradebook exported from there, for the ids.")
@click.option("--column", help="canvas: the assignment's name there, with its id: 'Homework 1 (4711)'.")
@sentences
def export(assignment: str, wanted: str, book: Path, out: Path | None, roster: Path | None, column: str | None) -> int:
    """Write the latest grade of every student for another program. What is ungraded is never a zero."""
    if wanted != "canvas" and (roster or column):
        raise click.UsageError("--roster and --column go with --format canvas")
    if wanted in FOLDERS and out is None:
        raise click.UsageError(f"--format {wanted} writes a folder; name it with --out")
    if wanted not in FOLDERS:
        check_writable(out)
    chosen = find_course().assignment(assignment)
    people = read_roster(roster) if roster is not None else []
    with Gradebook.open(book) as gradebook:
        if assignment not in gradebook.assignments():
            raise GradebookError(f"{gradebook.path} holds no submission of {assignment}")
        entries = gradebook.entries(assignment)
        if out is not None and wanted in FOLDERS:
            told: str | None = _folder(wanted, entries, chosen, out)
        elif wanted == "canvas":
            table = canvas_of(entries, chosen, people, column)
            for name in table.unknown:
                why = "is not in the roster, or in it more than once" if people else "is anonymous in Canvas"
                click.echo(f"grader: {name} {why}; left out", err=True)
            told = _file(table.text.encode(), out)
        else:
            told = _file(FILES[wanted](entries, chosen), out)
    if told:
        click.echo(told, err=True)
    return RIGHT


def _file(content: bytes, out: Path | None) -> str | None:
    if out is None:
        sys.stdout.buffer.write(content)
        return None
    write_atomically(out, content)
    return f"wrote {out}"


def _folder(wanted: str, entries: Iterable[Entry], assignment: Assignment, out: Path) -> str:
    out.mkdir(parents=True, exist_ok=True)
    if wanted == "html":
        from grader.report.html import write_site

        count = write_site(entries, assignment, out)
        return f"wrote {out / 'index.html'}, and a page for each of {count} students beside it"
    for entry in entries:
        write_atomically(out / f"{safe_name(entry.student)}.json", results_of(entry, assignment))
    return f"wrote a results.json for each student to {out}"
