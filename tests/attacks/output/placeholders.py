# ruff: noqa
"""Claims placeholders that it never had, under names that a terminal obeys."""

from grader import wire
from tools import attempt

HONEST = {"kernels.pairwise": 20}
Loaded = wire.Loaded
attempt()
wire.Loaded = lambda failure=None, placeholders=(), *others: Loaded(
    failure, ["\x1b[2J\x07[/red][bold]" + "p" * 900] * 900, *others
)
