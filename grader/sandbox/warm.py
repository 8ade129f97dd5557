"""Level `warm`: one zygote inside bubblewrap with torch imported; each submission's nursery is a fork of it that enters
namespaces of its own."""

from __future__ import annotations

import json
import os
import select
import socket
from pathlib import Path

from grader.gpu import GPU
from grader.peer import Lost, Peer, PeerLost
from grader.sandbox import bubble
from grader.sandbox.cage import Limits, SandboxError
from grader.sandbox.caged import SPAWN_SECONDS, START_SECONDS, Caged, NamespacedNursery, about
from grader.sandbox.groups import Groups
from grader.sandbox.launch import Orders, Started
from grader.sandbox.room import Bubbled
from grader.worker.cage.preload import named

END_SECONDS = 5.0  # that a zygote has for ending by itself


class Warm(Bubbled):
    """Cages forked from a zygote, which is started at once and waited for when it is first needed."""

    level = "warm"

    def __init__(self, limits: Limits | None = None, gpu: GPU | None = None) -> None:
        super().__init__(limits, gpu)
        try:
            self.zygote = Zygote(self)
        except BaseException:
            super().close()
            raise

    def _cage(self, folder: Path) -> Caged:
        if not self.zygote.is_alive:
            self.zygote.end()
            self.zygote = Zygote(self)
        return WarmCage(self, folder)

    def close(self) -> None:
        """End the zygote and all that is left of its cages; remove the temporary files."""
        self.zygote.end()
        super().close()


class Zygote:
    """The process that nurseries are forked from. It holds nothing secret, and runs nobody's code but the course's own
    checks.py, which its cages show."""

    def __init__(self, room: Bubbled) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ready = False
        try:
            command = [
                *bubble.arguments(
                    room.bubblewrap,
                    room.shown,
                    room.stage.package,
                    room.seen_at,
                    [(room.stage.about, bubble.STAGE)],
                    room.gpu,
                ),
                *("--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"),
                *("--tmpfs", str(bubble.SCRATCH), "--dir", str(bubble.CAGE)),
                *bubble.finish(room.shown),
                *bubble.python("grader.worker.cage.zygote", str(theirs.fileno())),
            ]
            self._started = Started(Orders(command, mounts=room.mounts, uid=room.uid), (theirs.fileno(),))
        finally:
            theirs.close()

    def fork(self, folder: Path, plan: str, limits: Limits, channel: socket.socket) -> int:
        """A pidfd of a nursery that waits, behind its gate, to be put into groups. Raises PeerLost, SandboxError."""
        if not self._ready:
            self._receive(START_SECONDS)
            self._ready = True
        request = {
            "about": str(bubble.STAGE / folder.name),
            "cage": str(bubble.CAGE),
            "stage": str(bubble.STAGE),
            "scratch": str(bubble.SCRATCH),
            "size": limits.mount_options(limits.scratch),
            "shared": limits.mount_options(limits.shared),
            "plan": plan,
            "libraries": named(folder / "submission"),
        }
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], [channel.fileno()])
        except OSError:
            raise PeerLost(Lost.DIED, self._started.complaint) from None
        told, fds = self._receive(SPAWN_SECONDS)
        if not fds:
            raise SandboxError(f"level warm cannot fork: {told.decode('utf-8', 'replace')}")
        return fds[0]

    @property
    def complaint(self) -> str:
        return self._started.complaint

    @property
    def is_alive(self) -> bool:
        return self._started.process.poll() is None

    def end(self) -> None:
        """Hang up, upon which it ends, and with it every process in its PID namespace."""
        self._control.close()
        self._started.end(END_SECONDS)

    def _receive(self, seconds: float) -> tuple[bytes, list[int]]:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise PeerLost(Lost.TIMED_OUT, f"no zygote within {seconds:g} s")
        message, fds, _, _ = socket.recv_fds(self._control, 1 << 12, 1, socket.MSG_CMSG_CLOEXEC)
        if not message:
            raise PeerLost(Lost.DIED, self._started.complaint)
        return message, fds


class WarmCage(Caged):
    """One submission's."""

    level = "warm"
    has_namespaces = True
    package = bubble.OURS

    def __init__(self, room: Warm, folder: Path) -> None:
        self._room = room
        self._folder = folder
        super().__init__(about(bubble.CAGE), room.limits)

    def start(self) -> WarmNursery:
        return WarmNursery(self._room, self._folder)

    def clear(self) -> None:
        self._room.stage.drop(self._folder)


class WarmNursery(NamespacedNursery):
    """A fork of the zygote."""

    def __init__(self, room: Warm, folder: Path) -> None:
        self._room = room
        self._folder = folder
        self._pidfd = -1
        self._pid = 0
        ours, self._theirs = socket.socketpair()
        self._ours = ours
        super().__init__(Peer(ours), Groups.create(room.limits))

    def wait_ready(self) -> None:
        plan = self._room.bubble_plan(self.groups).to_json()
        self._pidfd = self._room.zygote.fork(self._folder, plan, self._room.limits, self._theirs)
        self._theirs.close()
        self._pid = _pid(self._pidfd)
        if self.groups:
            self.groups.add(self._pid)
        self._ours.send(b"g")
        self.peer.wait_ready(SPAWN_SECONDS)

    @property
    def complaint(self) -> str:
        return self._room.zygote.complaint

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def infrastructure(self) -> frozenset[int]:
        return frozenset((self._pid,))

    def end_processes(self) -> None:
        if self._pidfd >= 0:
            self.end_namespace(self._pidfd)

    def release(self) -> None:
        self._theirs.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)


def _pid(pidfd: int) -> int:
    """The process id behind a pidfd, in our own namespace."""
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pid:"))
