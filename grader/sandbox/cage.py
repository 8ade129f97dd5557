"""The words of this room: what a level of caging offers, and what a cage does.

SandboxError    this level cannot be had here, or could not do what it promises; the sentence says why
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.errors import GraderError
from grader.meter import Meter
from grader.peer import Peer

LEVELS = ("warm", "cold", "user", "none")
RESTARTS = 2  # of a nursery that has ended


class SandboxError(GraderError):
    """A level that cannot be had, or a cage that did not hold."""


@dataclass(frozen=True)
class Paths:
    """What a cage is about, as it is seen from inside."""

    submission: Path
    checks: Path
    given: Path


@dataclass(frozen=True)
class Limits:
    """What the processes of one cage may use: together, where it says nothing else."""

    memory: int = 4 << 30  # bytes
    address_space: int = 6 << 30  # bytes that one process may add to what it began with
    processes: int = 256  # threads count
    files: int = 256  # open files of one process
    scratch: int = 256 << 20  # bytes
    inodes: int = 16_384  # files in the scratch folder
    cpu: int = 600  # seconds of one process

    @property
    def shared(self) -> int:
        """Bytes of /dev/shm."""
        return min(self.scratch, 64 << 20)

    def mount_options(self, size: int) -> str:
        """Of a scratch folder that is a file system of its own."""
        return f"size={size},nr_inodes={self.inodes},mode=0700"


BESIDE_A_GPU = Limits(memory=12 << 30, files=1024)  # CUDA's own libraries and descriptors are many


class Cage(Protocol):
    """Where one submission's workers live. `paths` None: they see what everybody sees."""

    level: str
    paths: Paths | None

    @property
    def keeps_its_nursery(self) -> bool:
        """Whether no worker can have ended the process that all are forked from, or none is suspected of it."""
        ...

    def open(self) -> Peer:
        """A worker that has only torch. Raises PeerLost."""
        ...

    def spawn(self, parent: Peer) -> Peer:
        """A fork of a worker. Raises PeerLost."""
        ...

    def end(self, worker: Peer) -> None:
        """Kill a worker and whatever it has started."""
        ...

    def meter(self, worker: Peer) -> Meter:
        """What reads how much a worker uses."""
        ...

    def limit_hit(self) -> str | None:
        """The limit that the cage's processes have run into since this was last asked, where the system tells."""
        ...

    def host_pid(self, worker: Peer) -> int | None:
        """A worker's process id in the judge's own namespace."""
        ...

    def close(self) -> None:
        """Kill everything. Raises SandboxError where something survives."""
        ...


class Sandbox(Protocol):
    """A level of caging. One cage at a time: whoever wants two at once makes two sandboxes."""

    level: str

    @property
    def notes(self) -> Iterable[str]:
        """What is weaker here than the level can be."""
        ...

    def cage(self, submission: Path, checks: Path, given: Path) -> AbstractContextManager[Cage]:
        """A cage for one submission, which sees that folder, that file and those helpers. Raises SandboxError."""
        ...

    def close(self) -> None:
        """Give back whatever the level holds."""
        ...
