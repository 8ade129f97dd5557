"""The processes below a process, and their end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

WAIT_MILLISECONDS = 100  # for a process that was killed to end


def descendants(pid: int) -> set[int]:
    """Every process below `pid`, from /proc, or from `ps` where there is no /proc."""
    if not Path("/proc/self/task").is_dir():
        return _from_ps(pid)
    found: set[int] = set()
    todo = [pid]
    while todo:
        for child in _children(todo.pop()):
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


def end_first(pid: int | None) -> None:
    """If memory runs out, have the system end this process, and what it will fork, before any other. None: nobody
    knows it."""
    try:
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        pass  # it has ended, or belongs to somebody else


def kill_below(pid: int, keep: frozenset[int] = frozenset(), seconds: float = 5.0) -> bool:
    """Kill every process below `pid` but those in `keep`; whether they are gone."""
    return kill_all(lambda: descendants(pid) - keep, seconds)


def kill_all(members: Callable[[], set[int]], seconds: float = 5.0) -> bool:
    """Kill the processes that `members` lists until it lists none that is alive; whether that was reached in time. A
    process that forks faster than one sweep kills is stopped first, so that it cannot."""
    deadline = time.monotonic() + seconds
    while True:
        doomed = {process for process in members() if not is_zombie(process)}
        if not doomed:
            return True
        (_kill if hasattr(os, "pidfd_open") else _kill_by_number)(doomed, members)
        if time.monotonic() > deadline:
            return False


def _kill(doomed: set[int], members: Callable[[], set[int]]) -> None:
    """Kill these processes, never another one that has got the id of one that has ended; and wait a moment."""
    handles: dict[int, int] = {}
    for process in doomed:
        try:
            handles[process] = os.pidfd_open(process)
        except OSError:
            continue
    still = members()
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process, handle in handles.items():
            if process in still:
                try:
                    signal.pidfd_send_signal(handle, number)
                except (ProcessLookupError, PermissionError):
                    continue
    for handle in handles.values():
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(WAIT_MILLISECONDS)
        os.close(handle)


def _kill_by_number(doomed: set[int], members: Callable[[], set[int]]) -> None:
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in doomed:
            try:
                os.kill(process, number)
            except (ProcessLookupError, PermissionError):
                continue
    os.sched_yield()


def innermost_pid(pid: int) -> int:
    """The process id that a process has in its own namespace; 0 where it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("NSpid:"):
                    return int(line.split()[-1])
    except OSError:
        return 0
    return pid


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found.extend(int(word) for word in file.read().split())
        except OSError:
            continue
    return found


def is_zombie(pid: int) -> bool:
    """Whether the process has ended (and waits for its parent to notice)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in ("Z", "X")
    except OSError:
        return True


def _from_ps(pid: int) -> set[int]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listing.splitlines())}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found and child not in found}:
        found |= more
    return found - {pid}
