"""The commands. They parse and print; what they call decides."""

from __future__ import annotations

import click

from grader import __version__
from grader.cli import author, batch, check, export, gradescope, show


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
def main() -> None:
    """Auto-graded deep-learning-for-vision assignments."""


COMMANDS = (check.check, show.list_assignments, show.show, show.doctor, author.stubs, author.validate)
for command in (*COMMANDS, batch.batch, batch.regrade, batch.diff, export.export, gradescope.gradescope):
    main.add_command(command)
