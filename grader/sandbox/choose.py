"""Which level: the one that is wanted, or the best that this machine gives."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from grader.gpu import GPU
from grader.sandbox.cage import Cage, Limits, Sandbox, SandboxError
from grader.sandbox.cold import Cold
from grader.sandbox.cuda import usable
from grader.sandbox.none import Unsandboxed
from grader.sandbox.user import User
from grader.sandbox.warm import Warm

BEST = ("warm", "cold", "user")  # for strangers' code
AUTO = ("cold", "user", "none")  # for one submission: warm gains nothing there

_MAKERS: dict[str, Callable[[Limits | None, GPU | None], Sandbox]] = {
    "warm": Warm,
    "cold": Cold,
    "user": User,
    "none": lambda limits, gpu: Unsandboxed(gpu),
}


def open_sandbox(level: str, limits: Limits | None = None, gpu: GPU | None = None) -> Sandbox:
    """The sandbox of this level, not tried yet: its first cage will be. `gpu`: what its cages show of one. Raises
    SandboxError."""
    return _MAKERS[level](limits, gpu)


def automatic() -> tuple[str, ...]:
    """The levels to try for one's own submission, in order. Without root, level user costs as much as it gives."""
    return AUTO if os.geteuid() == 0 else tuple(level for level in AUTO if level != "user")


def enter(
    stack: ExitStack, levels: Sequence[str], submission: Path, checks: Path, given: Path, gpu: GPU | None = None
) -> tuple[Cage, list[str]]:
    """A cage of the first of these levels that can be had, and in which a GPU that it shows can be used, and why the
    others cannot. `stack` closes it. Raises SandboxError where there is none."""
    reasons: list[str] = []
    for level in levels:
        with ExitStack() as attempt:
            try:
                sandbox = open_sandbox(level, gpu=gpu)
                attempt.callback(sandbox.close)
                cage = attempt.enter_context(sandbox.cage(submission, checks, given))
                if gpu is not None:
                    usable(cage)
            except SandboxError as error:
                reasons.append(str(error))
                continue
            stack.push(attempt.pop_all())
            return cage, reasons
    raise SandboxError("; ".join(reasons))
