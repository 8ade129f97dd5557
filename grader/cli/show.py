"""`grader list`, `grader show` and `grader doctor`: what there is."""

from __future__ import annotations

import click

from grader import gpu
from grader.cli.common import NOT_RIGHT, RIGHT, sentences
from grader.course import find_course


@click.command("list")
@sentences
def list_assignments() -> int:
    """Name the assignments, and what each is about."""
    course = find_course()
    for name in course.names():
        checks = course.assignment(name).checks
        click.echo(f"{name}  {checks.title}  ({len(list(checks.exercises))} exercises, {', '.join(checks.modules)})")
    return RIGHT


@click.command()
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


@click.command()
@sentences
def doctor() -> int:
    """Say how far this machine can cage a stranger's code, what was tried, and what to install."""
    from grader.sandbox import doctor as examination

    diagnoses = examination.examine()
    click.echo("\n".join([*examination.summary(diagnoses), gpu.words()]))
    for told in diagnoses:
        click.echo(f"\n{told.level}: {'yes' if told.reason is None else f'no, {told.reason}'}")
        for note in told.notes:
            click.echo(f"  {note}")
    for title, lines in (("", examination.table(diagnoses)), ("What would help:", examination.advice())):
        if lines:
            click.echo("\n" + "\n".join([title, *lines] if title else lines))
    return RIGHT if any(told.reason is None for told in diagnoses) else NOT_RIGHT
