"""The sandbox levels that this machine gives, each as something that grades a submission.

The level is a parameter of every attack: what `grader.sandbox` offers takes part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grader import sandbox
from grader.submission import Submission

ALL = ("none", "user", "cold", "warm")  # from the weakest to the strongest


def available() -> list[str]:
    """The names of the levels that this machine gives."""
    return ["none"]


class Level:
    """A sandbox that is started once and used for one submission after the other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._plain = sandbox.Plain()

    @contextmanager
    def cage(self, submission: Submission) -> Iterator[Any]:
        """What starts the workers of one submission; when it ends, so has everything that the submission started."""
        yield self._plain

    def close(self) -> None:
        self._plain.close()
