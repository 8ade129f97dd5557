"""Level `user`: where there are no namespaces to be had. As root, another user's process; always Landlock, seccomp and
resource limits. What runs is still to be seen by everybody on the machine, and itself sees who else is there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.gpu import GPU
from grader.gpu import environment as environment_of
from grader.peer import Peer
from grader.sandbox.cage import Limits, SandboxError
from grader.sandbox.caged import START_SECONDS, Caged, Nursery, about
from grader.sandbox.groups import Groups
from grader.sandbox.launch import ENVIRONMENT, Orders, Started, may_mount
from grader.sandbox.processes import kill_all, kill_below
from grader.sandbox.room import Room
from grader.sandbox.stage import reachable
from grader.sandbox.users import lease, processes_of
from grader.worker.cage import landlock
from grader.worker.cage.confine import Plan

END_SECONDS = 20.0  # for a cage's processes to end, once they are killed

# What torch reads about the machine.
MACHINE = ("/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm/overcommit_memory")


class User(Room):
    """Cages of a user of their own, or at least of Landlock's."""

    level = "user"

    def __init__(self, limits: Limits | None = None, gpu: GPU | None = None) -> None:
        known = landlock.version()
        if not known:
            raise SandboxError("level user needs Landlock, which this kernel does not offer (Linux 5.13 can)")
        if os.geteuid() != 0 and known < landlock.SIGNALS_SINCE:
            raise SandboxError(
                "level user needs either root, to give student code another user, or Linux 6.12, whose Landlock keeps "
                "signals in"
            )
        super().__init__(limits, gpu)
        self.bounded = self.uid is not None and may_mount()

    @property
    def notes(self) -> list[str]:
        """What this level cannot promise here."""
        found = [
            "no namespaces: student code can tell which process ids are in use, and shares the machine's file systems",
        ]
        if not self.bounded:
            found.append(
                f"the scratch folder is bounded for each file ({self.limits.scratch >> 20} MB), not as a whole"
            )
        if self.uid is None:
            found.append("no second user: only Landlock stands between student code and your files")
        return [*found, *super().notes]

    def _cage(self, folder: Path) -> Caged:
        return UserCage(self, folder)


class UserCage(Caged):
    """One submission's."""

    level = "user"
    has_namespaces = False

    def __init__(self, room: User, folder: Path) -> None:
        self._room = room
        self._folder = folder
        self.package = room.stage.package
        super().__init__(about(folder), room.limits)

    def start(self) -> UserNursery:
        return UserNursery(self._room, self._folder)

    def clear(self) -> None:
        self._room.stage.drop(self._folder)


class UserNursery(Nursery):
    """An interpreter of another user, or of ours."""

    def __init__(self, room: User, folder: Path) -> None:
        self._room = room
        self._scratch = folder / "scratch"
        self._scratch.mkdir(mode=0o700)
        self._lease = lease() if room.uid is not None else None  # for each cage: its end is the end of its user
        self._uid = None if self._lease is None else self._lease.uid
        groups = Groups.create(room.limits)
        ours, theirs = socket.socketpair()
        try:
            if self._lease is not None:
                room.stage.give(folder, self._lease)
                os.chown(self._scratch, self._lease.uid, self._lease.gid)
            plan = self._plan(folder, groups)
            environment = {
                **ENVIRONMENT,
                **environment_of(room.gpu),
                "HOME": str(self._scratch),
                "TMPDIR": str(self._scratch),
                "PYTHONPATH": str(room.stage.package),
            }
            orders = Orders(
                [sys.executable, "-P", "-s", "-m", "grader.worker", str(theirs.fileno()), plan.to_json()],
                environment,
                doors=groups.doors if groups else (),
                mounts=self._mounts(),
                uid=self._uid,
            )
            self._started = Started(orders, (theirs.fileno(),))
        finally:
            theirs.close()
        super().__init__(Peer(ours), groups)

    def wait_ready(self) -> None:
        self.peer.wait_ready(START_SECONDS)

    @property
    def complaint(self) -> str:
        return self._started.complaint

    @property
    def pid(self) -> int:
        return self._started.process.pid

    @property
    def infrastructure(self) -> frozenset[int]:
        return frozenset((self.pid,))

    def end_processes(self) -> None:
        if self.ready:
            self.empty()  # while there is a parent to take what has ended
        if self._uid is not None:
            _kill_user(self._uid)
        elif not kill_below(self.pid):
            raise SandboxError("processes of a cage are still alive")
        self._started.end()

    def release(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)
        if self._lease is not None:
            self._lease.close()

    def _mounts(self) -> list[dict[str, str]]:
        room, mounts = self._room, _in_place(self._room)
        if room.bounded:
            options = f"{room.limits.mount_options(room.limits.scratch)},uid={self._uid},gid={self._uid}"
            mounts.append(dict(kind="tmpfs", source="", target=str(self._scratch), options=options))
        return mounts

    def _plan(self, folder: Path, groups: Groups | None) -> Plan:
        plan = self._room.plan(groups, self._scratch, [str(self._room.stage.package), str(folder), *MACHINE], ())
        if plan.processes is not None and self._uid is None:
            plan = replace(plan, processes=plan.processes + _threads_of(os.getuid()))
        return replace(plan, sweep=True)


def _in_place(room: User) -> list[dict[str, str]]:
    """Mounts that let the other user walk to a Python in root's home. Raises SandboxError where they are needed and may
    not be made."""
    far = [path for path in room.shown.paths if not reachable(path)] if room.uid is not None else []
    if far and not may_mount():
        raise SandboxError(
            f"level user: another user cannot read {far[0]}; install Python and this package where everybody can, "
            "in /opt for instance"
        )
    return within_reach(far, room.stage.mount)


def within_reach(far: Sequence[Path], at: Path) -> list[dict[str, str]]:
    """Mounts that let everybody walk to these paths: an empty folder covers the first closed one on the way, and
    they are put back in their places. `at`: a folder for the meantime."""
    if not far:
        return []
    mounts = [dict(kind="tmpfs", source="", target=str(at), options="mode=0755,size=64k")]
    mounts += [dict(kind="bind", source=str(path), target=str(at / str(n))) for n, path in enumerate(far)]
    for closed in sorted({_first_closed(path) for path in far}):
        mounts.append(dict(kind="tmpfs", source="", target=str(closed), options="mode=0755,size=64k"))
    mounts += [dict(kind="bind", source=str(at / str(n)), target=str(path)) for n, path in enumerate(far)]
    return mounts


def _first_closed(path: Path) -> Path:
    """The topmost folder on the way to a path that not everybody may pass."""
    return next(p for p in [*reversed(path.parents), path] if not p.stat().st_mode & 0o001)


def _kill_user(uid: int) -> None:
    """Kill every process of a user and see them end. The kernel kills all in one step, in which none of them can fork;
    one that has much memory to give back takes its time to end. Raises SandboxError."""
    code = f"import os; os.setgroups([]); os.setresgid(*[{uid}] * 3); os.setresuid(*[{uid}] * 3); os.kill(-1, 9)"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False, capture_output=True)
    if not kill_all(lambda: processes_of(uid), END_SECONDS):
        raise SandboxError(f"processes of user {uid} are still alive: {sorted(processes_of(uid))}")


def _threads_of(uid: int) -> int:
    """How many threads a user has now: its limit counts all of them."""
    found = 0
    for pid in processes_of(uid):
        try:
            found += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            continue
    return found
