"""Level `none`: plain processes, for code that may do what its user may do. Only times and sizes are bounded."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from grader.gpu import GPU, environment
from grader.meter import STEADY_MEMORY, Meter, TreeMeter
from grader.peer import Peer, PeerLost
from grader.sandbox.cage import RESTARTS, Paths
from grader.sandbox.processes import descendants, is_zombie, kill_below

START_SECONDS = 120.0  # for importing torch from a cold disk
SPAWN_SECONDS = 20.0

# What a worker is told by its environment; nothing of the user's own comes along.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "0",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    **STEADY_MEMORY,
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    "TERM": "dumb",
}


class Plain:
    """A nursery and all workers that descend from it. `within`: the folder that its scratch folder lies in; `gpu`: the
    one that its workers may use."""

    level = "none"
    paths: Paths | None = None
    keeps_its_nursery = True  # workers can end it, but their authors are trusted not to

    command: tuple[str, ...] = ("-m", "grader.worker")

    def __init__(self, within: Path | None = None, gpu: GPU | None = None) -> None:
        self._scratch = tempfile.mkdtemp(prefix="grader-", dir=within)
        self._environment = {**ENVIRONMENT, **environment(gpu), "HOME": self._scratch, "TMPDIR": self._scratch}
        self._known: dict[int, Peer] = {}
        self._restarts = 0
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", *self.command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._scratch,
                env=self._environment,
                start_new_session=True,
            )
        finally:
            theirs.close()
        self._nursery = Peer(ours)
        self._started = False

    def open(self) -> Peer:
        """A fresh worker that has only torch. Raises PeerLost."""
        while True:
            try:
                if not self._started:
                    self._nursery.wait_ready(START_SECONDS)
                    self._started = True
                return self.spawn(self._nursery)
            except PeerLost:
                if self._restarts >= RESTARTS:
                    raise
                self._restarts += 1
                self._end_nursery()
                self._start()

    def spawn(self, parent: Peer) -> Peer:
        """A fork of a worker. Raises PeerLost."""
        child = parent.spawn(SPAWN_SECONDS)
        self._known[child.pid] = child
        return child

    def meter(self, worker: Peer) -> Meter:
        """What a worker uses, and whatever runs below the nursery that is no other worker in use: what it or its module
        has started, wherever it hides."""
        above = {pid for pid in self._known if worker.pid in descendants(pid)}
        return TreeMeter(worker.pid, lambda: self._members(above | {worker.pid}))

    def _members(self, own: set[int]) -> set[int]:
        return descendants(self._process.pid) - (set(self._known) - own)

    def end(self, worker: Peer) -> None:
        """Kill a worker and whatever it has started that is not itself a worker still in use."""
        worker.close()
        self._known.pop(worker.pid, None)
        kill_below(self._process.pid, frozenset(self._known))
        shutil.rmtree(Path(self._scratch, f"worker-{worker.pid}"), ignore_errors=True)

    def limit_hit(self) -> str | None:
        """Nobody counts here."""
        return None

    def host_pid(self, worker: Peer) -> int | None:
        """A worker's process id."""
        return worker.pid

    def close(self) -> None:
        """Kill everything and remove the scratch folder."""
        for peer in list(self._known.values()):
            peer.close()
        self._end_nursery()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _end_nursery(self) -> None:
        self._nursery.close()
        kill_below(self._process.pid)
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Plain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def processes(self) -> set[int]:
        """Every process that is alive below the nursery."""
        if self._process.poll() is not None:
            return set()
        return {pid for pid in descendants(self._process.pid) if not is_zombie(pid)}

    @property
    def workers(self) -> set[int]:
        """The workers in use."""
        return set(self._known)
