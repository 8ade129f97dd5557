"""The sandbox levels, each as something that grades one submission after the other.

The level is a parameter of every attack: whatever `grader.sandbox` offers takes part.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from grader import sandbox
from grader.course import Assignment
from grader.judge import Judge, Options
from grader.result import Result
from grader.submission import open_submission
from tests.attacks.attack import COURSE, Attack
from tests.attacks.world import SECRET, World

# What is tried against the judge, or only looks and asks, is tried in one cage after the other's where a cage costs
# the start of an interpreter. What stays, kills or fills has a cage to itself everywhere.
TOGETHER = (
    *("comparison", "exits", "frames", "inputs", "kernel", "network", "output", "pickle", "reading", "rules"),
    *("shadowing", "time", "worker"),
)
SLOW_TO_START = ("cold", "user")


@dataclasses.dataclass(frozen=True)
class HandedIn:
    """A submission; `inside` is its name in a folder that others share, empty where it has a cage to itself."""

    folder: Path
    marker: str
    told: dict[str, Any]
    inside: str = ""

    @property
    def key(self) -> int:
        """Of what it may leave in System V memory."""
        return int(self.told.get("KEY", 0))


class Level:
    """A sandbox that is started once. Raises SandboxError where this machine does not give it.

    At level none one nursery serves all submissions, as it does for a student who grades their own code: nothing keeps
    them apart."""

    def __init__(self, name: str, world: World, attacks: Sequence[Attack]) -> None:
        self.name = name
        self._world = world
        self._attacks = [a for a in attacks if a.kind in TOGETHER] if name in SLOW_TO_START else []
        self._sandbox = sandbox.open_sandbox(name)
        self._kept = contextlib.ExitStack()
        self._kept.callback(self._sandbox.close)
        self._plain = self._kept.enter_context(sandbox.Plain()) if name == "none" else None
        self._together: sandbox.Cage | None = None
        self._folder = world.root / "submissions" / f"together-{name}"
        self._gathered: dict[str, HandedIn] = {}

    def hand_in(self, attack: Attack) -> HandedIn:
        """Write the attack's submission, or find it among those that were written together."""
        if any(one.name == attack.name for one in self._attacks):
            self._gather()
            return self._gathered[attack.name]
        marker = self._world.marker()
        folder = self._world.root / "submissions" / (attack.folder or f"student-{marker[4:]}")
        told = self._world.told(marker)
        attack.hand_in(folder, told)
        return HandedIn(folder, marker, told)

    def right(self, beside: HandedIn | None) -> HandedIn:
        """A right submission; in the cage of `beside`, where that is shared."""
        if beside is not None and beside.inside:
            return HandedIn(self._folder / "right", "", {}, "right")
        return HandedIn(self._world.course / "submission", "", {})

    def grade(self, handed_in: HandedIn, exercises: tuple[str, ...]) -> Result:
        """Its record."""
        assignment = self._world.assignment
        submission = open_submission(handed_in.folder, assignment.checks.modules)
        with self._cage(handed_in, assignment) as cage:
            options = Options(exercises=exercises, secret=SECRET)
            return Judge(assignment, self._world.oracle, cage, options).grade(submission, self.name)

    def close(self) -> None:
        """Give everything back. Raises SandboxError where something survives."""
        self._kept.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def _cage(self, handed_in: HandedIn, assignment: Assignment) -> Iterator[sandbox.Cage]:
        if self._plain is not None:
            yield self._plain
        elif handed_in.inside:
            assert self._together is not None and self._together.paths is not None
            paths = self._together.paths
            top = paths.submission
            self._together.paths = dataclasses.replace(paths, submission=top / handed_in.inside)
            try:
                yield self._together
            finally:
                self._together.paths = paths
        else:
            with self._sandbox.cage(handed_in.folder, assignment.public, assignment.course.given) as cage:
                yield cage

    def _gather(self) -> None:
        """One cage for many attacks, each in a folder of its own."""
        if self._together is not None:
            return
        self._folder.mkdir(parents=True)
        shutil.copytree(COURSE / "submission", self._folder / "right")
        for attack in self._attacks:
            marker = self._world.marker()
            told = self._world.told(marker)
            inside = attack.name.replace("/", "-")
            attack.hand_in(self._folder / inside, told)
            self._gathered[attack.name] = HandedIn(self._folder / inside, marker, told, inside)
        assignment = self._world.assignment
        self._together = self._kept.enter_context(
            self._sandbox.cage(self._folder, assignment.public, assignment.course.given)
        )
        self.grade(HandedIn(self._folder / "right", "", {}, "right"), ("kernels.pairwise",))  # until it has started
