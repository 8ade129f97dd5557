"""What all cages of one sandbox share: a user, copies of what they show, limits; for bubblewrap, where things lie."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from grader.gpu import GPU, READS
from grader.sandbox import bubble, filter
from grader.sandbox.cage import BESIDE_A_GPU, Limits, SandboxError
from grader.sandbox.caged import Caged
from grader.sandbox.groups import Groups
from grader.sandbox.launch import may_mount
from grader.sandbox.libraries import libraries
from grader.sandbox.probe import prove
from grader.sandbox.stage import Stage, reachable
from grader.sandbox.users import lease
from grader.worker.cage import landlock
from grader.worker.cage.confine import Plan


class Room(ABC):
    """A level of caging. Raises SandboxError where something that it needs is missing."""

    level: str

    def __init__(self, limits: Limits | None = None, gpu: GPU | None = None) -> None:
        if sys.platform != "linux":
            raise SandboxError(f"level {self.level} needs Linux")
        self.limits = limits or (Limits() if gpu is None else BESIDE_A_GPU)
        self.gpu = gpu
        self.shown = libraries()
        self.program = filter.program(namespaces=self.level != "user", gpu=gpu is not None)
        self._lease = lease()
        self.uid = None if self._lease is None else self._lease.uid
        self.stage = Stage(self._lease)

    @property
    def notes(self) -> list[str]:
        """What is weaker here than the level can be."""
        found = []
        if landlock.version() < landlock.SIGNALS_SINCE:
            found.append("Landlock here cannot keep signals in (Linux 6.12 can): an exercise may end its own module")
        groups = Groups.create(self.limits)
        if groups is None or groups.memory is None or not groups.bounds_processes:
            found.append("no writable control groups: memory is bounded for each process, not for all of them together")
        if groups is not None:
            groups.remove()
        return found

    def cage(self, submission: Path, checks: Path, given: Path) -> Caged:
        """A cage for one submission; the first one of a process is tried before it is given. Raises SandboxError."""
        cage = self.untried(submission, checks, given)
        try:
            prove(cage)
        except BaseException:
            cage.close()
            raise
        return cage

    def untried(self, submission: Path, checks: Path, given: Path) -> Caged:
        """The same without trying it, and without waiting for it. Raises SandboxError."""
        folder = self.stage.put(submission, checks, given)
        try:
            cage = self._cage(folder)
            cage.shows_gpu = self.gpu is not None
            return cage
        except BaseException:
            self.stage.drop(folder)
            raise

    @abstractmethod
    def _cage(self, folder: Path) -> Caged:
        """A cage that shows a folder of the stage, and drops it in the end."""

    def plan(self, groups: Groups | None, scratch: Path, read: Sequence[str], write: Sequence[str]) -> Plan:
        """What a nursery gives up."""
        gpus, told = ([], []) if self.gpu is None else (list(self.gpu.devices), [*self.gpu.drivers, *READS])
        return Plan(
            scratch=str(scratch),
            filter=self.program.hex(),
            read=[*map(str, self.shown.paths), *read, *told],
            write=[str(scratch), *write],
            devices=list(bubble.DEVICES),
            gpus=gpus,
            landlock=landlock.version() > 0,
            files=self.limits.files,
            file_size=self.limits.scratch,
            memory=self.limits.address_space,
            processes=None if groups and groups.bounds_processes else self.limits.processes,
            cpu=self.limits.cpu,
        )

    def close(self) -> None:
        """Remove the temporary files, and let others have the user."""
        self.stage.close()
        if self._lease is not None:
            self._lease.close()


class Bubbled(Room):
    """A level that stands on bubblewrap."""

    def __init__(self, limits: Limits | None = None, gpu: GPU | None = None) -> None:
        found = bubble.find()
        if found is None:
            raise SandboxError(f"level {self.level}: bubblewrap is missing: apt-get install bubblewrap")
        self.bubblewrap = found
        super().__init__(limits, gpu)
        self.bounded = self.uid is not None and may_mount()  # the number of files, in level cold
        self.seen_at: dict[Path, Path] = {}
        self.mounts: list[dict[str, str]] = []
        far = [path for path in self.shown.paths if not reachable(path)] if self.uid is not None else []
        if far:  # what the other user cannot walk to (a Python in root's home) is bound to where it can
            self.seen_at = {path: self.stage.mount / str(number) for number, path in enumerate(far)}
            self.mounts = [
                dict(kind="tmpfs", source="", target=str(self.stage.mount), options="mode=0755,size=64k"),
                *(dict(kind="bind", source=str(path), target=str(at)) for path, at in self.seen_at.items()),
            ]

    def bubble_plan(self, groups: Groups | None) -> Plan:
        """What a nursery inside bubblewrap gives up."""
        return self.plan(groups, bubble.SCRATCH, [str(bubble.OURS), str(bubble.CAGE), "/proc"], ["/dev/shm"])
