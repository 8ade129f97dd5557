"""The words of this room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from grader.errors import GraderError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class EngineError(GraderError):
    """No engine; the sentence says why."""


class Stop(Exception):
    """Raised by a slot over what would stop every other task too; the engine hands its sentence on."""


@dataclass(frozen=True)
class Lost:
    """The engine lost a task: whoever ran it has died, or raised what no slot should."""

    sentence: str


class Slot(Protocol[T_contra, R_co]):
    """A place in which one task after the other is run."""

    def __call__(self, task: T_contra, /) -> R_co:
        """Run a task. Raises Stop."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


class Maker(Protocol[T_contra, R_co]):
    """Makes slots; several threads may ask at once. Raises Stop. For a cluster it can be hashed and pickled."""

    def __call__(self) -> Slot[T_contra, R_co]: ...


class Engine(Protocol, Generic[Task, R_co]):
    """Runs tasks. `jobs`: how many at once."""

    jobs: int

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, R_co | Lost]]:
        """Each task with its outcome. Where the caller goes away, what is running ends and no more is taken.

        Raises Stop, and what `tasks` raises."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...
