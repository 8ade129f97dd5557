"""Level `cold`: bubblewrap around a fresh interpreter for each submission."""

from __future__ import annotations

import json
import os
import select
import socket
from pathlib import Path

from grader.peer import Peer
from grader.sandbox import bubble
from grader.sandbox.caged import START_SECONDS, Caged, NamespacedNursery, about
from grader.sandbox.groups import Groups
from grader.sandbox.launch import Orders, Started
from grader.sandbox.room import Bubbled

END_SECONDS = 5.0  # that bubblewrap has for ending after what it watched over


class Cold(Bubbled):
    """Cages around fresh interpreters."""

    level = "cold"

    def _cage(self, folder: Path) -> Caged:
        return ColdCage(self, folder)


class ColdCage(Caged):
    """One submission's."""

    level = "cold"
    has_namespaces = True
    package = bubble.OURS

    def __init__(self, room: Bubbled, folder: Path) -> None:
        self._room = room
        self._folder = folder
        super().__init__(about(bubble.CAGE), room.limits)

    def start(self) -> ColdNursery:
        return ColdNursery(self._room, self._folder)

    def clear(self) -> None:
        self._room.stage.drop(self._folder)


class ColdNursery(NamespacedNursery):
    """A bubblewrap, and the interpreter in it."""

    def __init__(self, room: Bubbled, folder: Path) -> None:
        groups = Groups.create(room.limits)
        plan = room.bubble_plan(groups)
        ours, theirs = socket.socketpair()
        told, telling = os.pipe()
        mounts, places = _scratch(room)
        try:
            command = [
                *bubble.arguments(
                    room.bubblewrap, room.shown, room.stage.package, room.seen_at, [(folder, bubble.CAGE)], room.gpu
                ),
                *places,
                *bubble.finish(room.shown, "--info-fd", str(telling)),
                *bubble.python("grader.worker", str(theirs.fileno()), plan.to_json()),
            ]
            orders = Orders(command, doors=groups.doors if groups else (), mounts=[*room.mounts, *mounts], uid=room.uid)
            self._started = Started(orders, (theirs.fileno(), telling))
        finally:
            theirs.close()
            os.close(telling)
        self._told = told
        self._pid = 0
        self._pidfd = -1
        super().__init__(Peer(ours), groups)

    def wait_ready(self) -> None:
        self.peer.wait_ready(START_SECONDS)
        self._find()

    def _find(self) -> None:
        """Take hold of process 1 of the namespace, once bubblewrap has told which it is."""
        poll = select.poll()
        poll.register(self._told, select.POLLIN)
        if self._pidfd < 0 and poll.poll(0):
            with open(self._told, encoding="utf-8", closefd=False) as file:
                text = file.read()
            if text:
                self._pid = int(json.loads(text)["child-pid"])
                self._pidfd = os.pidfd_open(self._pid)

    @property
    def complaint(self) -> str:
        return self._started.complaint

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def infrastructure(self) -> frozenset[int]:
        return frozenset((self._pid, self._started.process.pid))

    def end_processes(self) -> None:
        self._find()
        if self._pidfd >= 0:
            self.end_namespace(self._pidfd)
        self._started.end(END_SECONDS if self._pidfd >= 0 else 0.0)

    def release(self) -> None:
        os.close(self._told)
        if self._pidfd >= 0:
            os.close(self._pidfd)


def _scratch(room: Bubbled) -> tuple[list[dict[str, str]], list[str]]:
    """What the launcher mounts, and bubblewrap's options, for the folders that can be written to. bubblewrap itself
    bounds the bytes only, not the number of files."""
    folders = ((room.limits.scratch, str(bubble.SCRATCH)), (room.limits.shared, "/dev/shm"))
    if not room.bounded:
        return [], [word for size, at in folders for word in ("--size", str(size), "--perms", "0700", "--tmpfs", at)]
    mounts: list[dict[str, str]] = []
    options: list[str] = []
    for size, at in folders:
        seen = str(room.stage.mount / Path(at).name)
        told = f"{room.limits.mount_options(size)},uid={room.uid},gid={room.uid}"
        mounts.append(dict(kind="tmpfs", source="", target=seen, options=told))
        options += ["--bind", seen, at]
    return mounts, options
