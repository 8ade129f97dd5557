"""Who holds a claim: a process, told from any later one with the same number, and whether it is alive."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


@cache
def _host() -> str:
    """This machine since it was booted: after that, none of its processes is alive."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()}/{boot}"


def _started(pid: int) -> str | None:
    """When a process began, in ticks since the boot; "" where the system does not tell; None where there is none."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return None if after_name[0] in "ZX" else after_name[19]
    except (OSError, IndexError):
        pass
    if Path("/proc/self").exists():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return ""


def myself() -> str:
    """This process."""
    return f"{_host()} {os.getpid()} {_started(os.getpid()) or ''}".rstrip()


def is_alive(holder: str) -> bool:
    """Whether the process that `myself` named so is alive. One on another machine is thought to be: a gradebook lies on
    one machine, and is graded into from there."""
    host, _, rest = holder.partition(" ")
    if host.partition("/")[0] != _host().partition("/")[0]:
        return True
    pid, _, began = rest.partition(" ")
    return host == _host() and pid.isdigit() and _started(int(pid)) == began
