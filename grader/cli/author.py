"""`grader stubs` and `grader validate`: for who writes assignments."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.cli.common import NOT_RIGHT, RIGHT, sentences, tell
from grader.course import find_course
from grader.course import trust as remember
from grader.files import check_writable, write_atomically
from grader.stubs import generated, stale


@click.command()
@click.argument("assignments", nargs=-1)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if a generated file is out of step.")
@sentences
def stubs(assignments: tuple[str, ...], only_check: bool) -> int:
    """Generate the stubs, the notebooks and the handouts' tables."""
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


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@sentences
def trust(folder: Path) -> int:
    """Let the course in FOLDER be used by whoever works in it: its checks then run with your rights."""
    root = folder.resolve()
    remember(root)
    click.echo(f"the course in {root} is trusted")
    return RIGHT


@click.command()
@click.argument("name")
@click.option("--module", default="layers", show_default=True, help="The file that students fill in.")
@click.option("--title", default="A new assignment", show_default=True)
@sentences
def new(name: str, module: str, title: str) -> int:
    """Begin an assignment: a whole exercise to change, and where there is no course yet, a course."""
    from grader.scaffold import scaffold

    for path in scaffold(name, module, title, Path.cwd()):
        click.echo(f"wrote {path}")
    click.echo(f"Change them, then: grader stubs {name}; grader validate {name}")
    return RIGHT


@click.command()
@click.argument("assignments", nargs=-1)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True)
@click.option("--report", "file", type=click.Path(path_type=Path), help="Write the table and the survivors here too.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="cuda: on a GPU.")
@click.option("--sample", type=click.IntRange(1), help="Only so many mutants of each assignment.")
@click.option(
    "--cache", "folder", type=click.Path(path_type=Path), help="Keep findings here; reuse what has not changed."
)
@sentences
def validate(
    assignments: tuple[str, ...],
    jobs: int,
    file: Path | None,
    device: str,
    sample: int | None,
    folder: Path | None,
) -> int:
    """Prove that the grading is right: references, stubs, oracles, misconceptions, null answers, limits, mutants."""
    from grader import validate as proofs
    from grader.report import validation

    check_writable(file)
    course = find_course()
    chosen = [course.assignment(name) for name in assignments or course.names()]
    findings = proofs.validate(
        chosen,
        jobs=jobs,
        cache=proofs.Cache(folder),
        sample=sample,
        device=device,
        progress=lambda finding: tell(f"{finding.proof}: {finding.subject}"),
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
