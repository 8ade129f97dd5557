"""The commands. They parse and print; what they call decides."""

from __future__ import annotations

import importlib

import click

from grader import __version__

# Where each command lies: only the one that is run is imported, with what it needs.
COMMANDS = {
    "batch": "batch:batch",
    "check": "check:check",
    "diff": "batch:diff",
    "doctor": "show:doctor",
    "export": "export:export",
    "gradescope": "gradescope:gradescope",
    "list": "show:list_assignments",
    "new": "author:new",
    "regrade": "batch:regrade",
    "release": "release:release",
    "show": "show:show",
    "stubs": "author:stubs",
    "trust": "author:trust",
    "validate": "author:validate",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for, as click's manual does it (LazyGroup)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        file, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(f"grader.cli.{file}"), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
def main() -> None:
    """Auto-graded deep-learning-for-vision assignments."""
