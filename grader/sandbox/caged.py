"""A cage around one submission, of whichever level: what a level adds is how its nursery is started and killed."""

from __future__ import annotations

import select
import signal
from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

from grader import wire
from grader.meter import CgroupMeter, Meter, TreeMeter
from grader.peer import Lost, Peer, PeerLost
from grader.sandbox import processes
from grader.sandbox.cage import RESTARTS, Limits, Paths, SandboxError
from grader.sandbox.groups import Groups
from grader.sandbox.processes import descendants, innermost_pid, is_zombie, kill_all
from grader.worker.cage import landlock

START_SECONDS = 120.0  # for importing torch from a cold disk
SPAWN_SECONDS = 20.0
REAP_SECONDS = 5.0


class Nursery(ABC):
    """A confined process with torch imported, from which the workers of one cage are forked."""

    def __init__(self, peer: Peer, groups: Groups | None) -> None:
        self.peer = peer
        self.groups = groups
        self.ready = False
        self._killed = False

    @abstractmethod
    def wait_ready(self) -> None:
        """Wait until it serves. Raises PeerLost."""

    @property
    @abstractmethod
    def complaint(self) -> str:
        """Why it did not start."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """Its process id in the judge's namespace, once it is ready."""

    @property
    @abstractmethod
    def infrastructure(self) -> frozenset[int]:
        """The processes that are the cage itself."""

    @abstractmethod
    def end_processes(self) -> None:
        """Kill it and all that descends from it. Raises SandboxError where something survives."""

    @abstractmethod
    def release(self) -> None:
        """Close what is left open."""

    def kill(self) -> None:
        """Kill it and all that descends from it, prove it, and give back what it held. Raises SandboxError."""
        if self._killed:
            return
        self._killed = True
        try:
            self.end_processes()
        finally:
            self.peer.close()
            self.release()
            if self.groups:
                self.groups.remove()

    def empty(self, keep: Collection[int] = (), ended: int = 0) -> None:
        """Kill every process of the cage but these (process ids as the cage sees them). Have the nursery, which is the
        parent of all orphans, take them, since each counts as a process until then; and remove the files of `ended`."""
        kill_all(lambda: {pid for pid in self.members() if innermost_pid(pid) not in keep})
        try:
            self.peer.call(wire.Reap(ended), seconds=REAP_SECONDS)
        except PeerLost:
            pass  # the next `open` starts another

    def members(self) -> set[int]:
        """Every process in the cage that has not ended, without the cage's own."""
        found = self.groups.members() if self.groups else descendants(self.pid)
        return {pid for pid in found - self.infrastructure if not is_zombie(pid)}


class Caged(ABC):
    """The cage: a nursery, started again should a submission manage to end it, and the workers forked from it."""

    level: str
    has_namespaces: bool
    package: Path  # the folder that holds this package, as it is seen from inside
    shows_gpu = False

    def __init__(self, paths: Paths, limits: Limits) -> None:
        self.paths: Paths | None = paths
        self.limits = limits
        self._known: dict[int, Peer] = {}  # by process id as the cage sees it
        self._restarts = 0
        self._ran_out = False  # of memory, at any time
        self._nursery = self.start()

    @abstractmethod
    def start(self) -> Nursery:
        """Begin to start a nursery, without waiting for it. Raises SandboxError."""

    @abstractmethod
    def clear(self) -> None:
        """Remove the files that the cage was about."""

    def check(self) -> None:
        """Wait for the nursery. Raises SandboxError where it does not start."""
        try:
            self._wait_ready()
        except PeerLost:
            raise SandboxError(f"level {self.level} does not start: {self._nursery.complaint}") from None

    def open(self) -> Peer:
        """A worker that has only torch. Raises PeerLost."""
        while True:
            try:
                self._wait_ready()
                worker = self.spawn(self._nursery.peer)
                processes.end_first(self.host_pid(worker))
                return worker
            except PeerLost as lost:
                self.limit_hit()
                if self._restarts >= RESTARTS:
                    cause = Lost.MEMORY if self._ran_out else lost.cause
                    raise PeerLost(cause, f"{lost.detail} {self._nursery.complaint}".strip()) from None
                self._restarts += 1
                self._nursery.kill()
                self._nursery = self.start()

    def spawn(self, parent: Peer) -> Peer:
        """A fork of a worker. Raises PeerLost."""
        child = parent.spawn(SPAWN_SECONDS)
        self._known[child.pid] = child
        return child

    def end(self, worker: Peer) -> None:
        """Kill a worker, and every process of the cage that is not another worker in use."""
        worker.close()
        self._known.pop(worker.pid, None)
        if self._nursery.ready:
            self._nursery.empty(self._known, worker.pid)

    def meter(self, worker: Peer) -> Meter:
        """What reads how much the cage uses while this worker is asked: of the cage's groups, where there are any."""
        pid, groups = self.host_pid(worker) or 0, self._nursery.groups
        if groups is not None and groups.cpu is not None and groups.memory is not None:
            return CgroupMeter(pid, groups.cpu, groups.memory)
        return TreeMeter(pid, self._nursery.members)

    def limit_hit(self) -> str | None:
        """The limit of the cage that was run into since this was last asked."""
        limit = self._nursery.groups.hit() if self._nursery.groups else None
        self._ran_out = self._ran_out or limit == "memory"
        return limit

    def host_pid(self, worker: Peer) -> int | None:
        """A worker's process id in the judge's own namespace."""
        return next((pid for pid in self._nursery.members() if innermost_pid(pid) == worker.pid), None)

    @property
    def signals_kept_in(self) -> bool:
        """Whether an exercise cannot signal the worker that it was forked from."""
        return landlock.version() >= landlock.SIGNALS_SINCE

    @property
    def keeps_its_nursery(self) -> bool:
        """Whether no worker can have ended the nursery."""
        return self.has_namespaces or self.signals_kept_in

    @property
    def groups(self) -> Groups | None:
        """The control groups of everything in the cage, where there are any."""
        return self._nursery.groups

    @property
    def processes(self) -> set[int]:
        """Every process in the cage that is alive, the nursery and the like left out."""
        return self._nursery.members() if self._nursery.ready else set()

    def close(self) -> None:
        """Kill everything. Raises SandboxError where something survives."""
        for peer in list(self._known.values()):
            peer.close()
        self._known.clear()
        try:
            self._nursery.kill()
        finally:
            self.clear()

    def __enter__(self) -> Caged:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_ready(self) -> None:
        if not self._nursery.ready:
            self._nursery.wait_ready()
            self._nursery.ready = True


class NamespacedNursery(Nursery):
    """A nursery that is process 1 of its own PID namespace: with it dies everything in there."""

    def end_namespace(self, pidfd: int, seconds: float = 10.0) -> None:
        """Kill it and wait: it is reported as ended only when all in its namespace has ended. Raises SandboxError."""
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise SandboxError(f"the processes of a cage are still alive after {seconds:g} s")


def about(folder: Path) -> Paths:
    """The paths in a folder made by Stage.put."""
    return Paths(folder / "submission", folder / "checks.py", folder / "given")
