"""A user of its own for student code, where we are root: nobody's, so that what it owns and runs is known to be the
cage's."""

from __future__ import annotations

import fcntl
import os
import pwd
from pathlib import Path
from types import TracebackType

from grader.sandbox.cage import SandboxError

# No distribution gives these to people, and they exist in containers that map 65,536 users.
FIRST, LAST = 50_000, 59_999
# CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID (linux/capability.h).
POWERS = 1 << 0 | 1 << 1 | 1 << 5 | 1 << 6 | 1 << 7
LOCKS = Path("/run/grader")


class Lease:
    """A user id that nobody else uses while this object lives. Raises SandboxError where there is none."""

    def __init__(self) -> None:
        LOCKS.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = _in_use()
        for uid in range(FIRST, LAST + 1):
            if uid in taken or _is_known(uid):
                continue
            lock = os.open(LOCKS / str(uid), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                continue
            self.uid = self.gid = uid
            self._lock = lock
            return
        raise SandboxError(f"no user id between {FIRST} and {LAST} is free")

    def close(self) -> None:
        """Let others have it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def lease() -> Lease | None:
    """A user of its own, where we are root and may give one; None where we are an ordinary user, or no more than the
    root of somebody's user namespace. Raises SandboxError for the machine's root without the power to be another:
    nobody's code may run as that."""
    if os.geteuid() != 0:
        return None
    able = _capabilities() & POWERS == POWERS and _is_mapped("uid") and _is_mapped("gid")
    if able:
        return Lease()
    if Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]:
        raise SandboxError(
            "root here may not become another user (CAP_SETUID, CAP_SETGID, CAP_CHOWN or CAP_KILL is gone)"
        )
    return None


def _capabilities() -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _is_mapped(kind: str) -> bool:
    """Whether the ids that we give exist in our user namespace."""
    for line in Path(f"/proc/self/{kind}_map").read_text(encoding="ascii").splitlines():
        first, _, count = map(int, line.split())
        if first <= FIRST and LAST < first + count:
            return True
    return False


def processes_of(uid: int) -> set[int]:
    """Every process of a user that has not ended."""
    return {pid for pid, owner in _owners() if owner == uid}


def _in_use() -> set[int]:
    return {owner for _, owner in _owners()}


def _owners() -> list[tuple[int, int]]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/status", encoding="utf-8", errors="replace") as file:
                    lines = {key: value.split() for key, _, value in (line.partition(":") for line in file)}
                if lines["State"][0] not in "ZX":
                    found.append((int(name), int(lines["Uid"][0])))
            except (OSError, KeyError, IndexError):
                continue
    return found


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
