"""What a worker has used, read from outside it: CPU time and peak memory. Never what the worker says about itself.

    ProcessMeter    one process that starts no others: the reference's worker
    TreeMeter       a set of processes and what they have waited for: a worker and all that it started
    CgroupMeter     a control group: everything that ever ran in it

Readings are None where the system does not offer them.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

CPUCLOCK_SCHED = 2  # <linux/posix-timers.h>: the clock of a process is ~pid << 3 | 2
SETTLE_SECONDS = 0.02  # how long a worker may take to fall asleep after its answer
TICK = os.sysconf("SC_CLK_TCK")

# For the environment of all workers, so that the same work takes the same time again: glibc gives no memory back
# between questions, which it would fetch again page by page.
STEADY_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(2 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
}


class Meter(Protocol):
    """Reads what a worker has used."""

    def cpu(self) -> int | None:
        """CPU time used so far, in nanoseconds."""

    def spent(self) -> int | None:
        """The same of one that computes: it may lag behind by a scheduler tick."""

    def restart_peak(self) -> int | None:
        """Forget the peak, and return the bytes in use now."""

    def peak(self) -> int | None:
        """The most bytes in use at any time since `restart_peak`."""

    def bound(self, extra: int) -> None:
        """Let the worker's main process ask for so many bytes more than it has asked for, where the system can."""

    def core(self) -> int | None:
        """The processor core that the worker's main thread ran on last."""

    def pin(self, core: int) -> bool:
        """Keep the worker's main thread on a core, and tell whether the system let us."""


class TreeMeter:
    """The processes that `members()` lists now, with the CPU time of those that they have waited for.

    A member that ignores SIGCHLD hides the time of children that have ended; a control group sees them."""

    def __init__(self, pid: int, members: Callable[[], Iterable[int]]) -> None:
        self._pid = pid
        self._members = members

    def cpu(self) -> int | None:
        settle(self._pid)
        return self.spent()

    def spent(self) -> int | None:
        readings = [_process(pid) for pid in self._members()]
        return sum(readings) if readings else None

    def restart_peak(self) -> int | None:
        for pid in self._members():
            _restart_peak(pid)
        return self._memory("VmRSS:")

    def peak(self) -> int | None:
        return self._memory("VmHWM:")

    def bound(self, extra: int) -> None:
        _bound(self._pid, extra)

    def core(self) -> int | None:
        fields = _stat(self._pid)
        return int(fields[36]) if len(fields) > 36 else None

    def pin(self, core: int) -> bool:
        if not hasattr(os, "sched_setaffinity"):
            return False
        try:
            os.sched_setaffinity(self._pid, {core})
        except OSError:  # another user's process
            return False
        return True

    def _memory(self, field: str) -> int | None:
        readings = [n for pid in self._members() if (n := _status_bytes(pid, field)) is not None]
        return sum(readings) if readings else None


class ProcessMeter(TreeMeter):
    """One process."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid, lambda: (pid,) if _has_clock(pid) else ())


class CgroupMeter(ProcessMeter):
    """A control group: of version 2 (`cpu.stat`), or those of version 1 that hold the same processes. The peak of a
    group can be forgotten in version 1 only; elsewhere it is that of the worker's main process.

    `pid`: the worker's, in the judge's own namespace."""

    def __init__(self, pid: int, cpu: Path, memory: Path) -> None:
        super().__init__(pid)
        self._cpu = cpu
        self._peak = memory / "memory.max_usage_in_bytes"
        self._now = memory / "memory.usage_in_bytes"
        self._by_group = False

    def spent(self) -> int | None:
        nanoseconds = _number(self._cpu / "cpuacct.usage")
        if nanoseconds is not None:
            return nanoseconds
        for line in _lines(self._cpu / "cpu.stat"):
            name, _, value = line.partition(" ")
            if name == "usage_usec":
                return int(value) * 1000
        return None

    def restart_peak(self) -> int | None:
        try:
            with open(os.open(self._peak, os.O_WRONLY), "w", encoding="ascii") as file:
                file.write("0")
        except OSError:
            return super().restart_peak()
        self._by_group = True
        return _number(self._now)

    def peak(self) -> int | None:
        return _number(self._peak) if self._by_group else super().peak()


def settle(pid: int) -> None:
    """Wait until the process's main thread sleeps, a moment at most: the time of a thread that still runs lags behind
    by up to a scheduler tick."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while _state(pid) == "R" and time.monotonic() < deadline:
        os.sched_yield()


# -- /proc -------------------------------------------------------------------------------------------------------------


def _has_clock(pid: int) -> bool:
    try:
        time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)
    except (OSError, OverflowError):
        return False
    return True


def _process(pid: int) -> int:
    """Nanoseconds of a process's own threads, ended ones too, and of the children that it has waited for (in ticks)."""
    try:
        own = time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)
    except (OSError, OverflowError):
        return 0
    fields = _stat(pid)
    if len(fields) < 15:
        return own
    return own + (int(fields[13]) + int(fields[14])) * (1_000_000_000 // TICK)  # cutime, cstime


def _state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third, the state, on: the second may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _status_bytes(pid: int, field: str) -> int | None:
    for line in _lines(Path(f"/proc/{pid}/status")):
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return None


def _restart_peak(pid: int) -> None:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass  # then the peak is that of its whole life, which is its own since the fork


def _bound(pid: int, extra: int) -> None:
    size = _status_bytes(pid, "VmSize:")
    if size is None or sys.platform != "linux":
        return
    try:
        resource.prlimit(pid, resource.RLIMIT_AS, (size + extra, size + extra))
    except (OSError, ValueError):
        pass  # another user's process, or a stricter bound is there already


def _number(path: Path) -> int | None:
    text = _lines(path)
    return int(text[0]) if len(text) == 1 and text[0].isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
