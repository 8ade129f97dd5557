"""Tries to break out of the cage it runs in. Every attempt returns what it has seen or done that it should not have, or
nothing; what it raises is the cage holding. Runs as a submission does, with its rights and no others.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_GET_DUMPABLE, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS = 3, 21, 23, 39
PTRACE_ATTACH = 16
USUAL_DESCRIPTORS = 4  # 0, 1, 2 and the socket to the judge

_libc = ctypes.CDLL(None, use_errno=True)


def attempts(world: dict[str, Any]) -> dict[str, str]:
    """What each attempt has seen. `world` says where the judge has put something to be found."""
    seen = {}
    for name, attempt in ATTEMPTS.items():
        try:
            seen[name] = str(attempt(world) or "")[:200]
        except (OSError, ImportError, ValueError, subprocess.SubprocessError):
            seen[name] = ""
    return seen


def read_outside(world: dict[str, Any]) -> str:
    return f"read {world['canary']}" if Path(world["canary"]).read_text() else ""


def list_outside(world: dict[str, Any]) -> str:
    return ", ".join(os.listdir(Path(world["canary"]).parent))


def list_home(world: dict[str, Any]) -> str:
    return ", ".join(sorted(set(os.listdir(world["home"])) - set(world["home_shown"])))


def write_outside(world: dict[str, Any]) -> str:
    kept = Path(os.environ.get("HOME", "/nowhere")), Path("/dev/shm")
    for folder in ("/", "/tmp", "/var/tmp", "/usr/lib", "/run", world["submission"], str(Path(world["canary"]).parent)):
        path = Path(folder) / "escaped"
        try:
            if any(path.parent.resolve() == own.resolve() for own in kept):
                continue
            path.write_text("x")
            path.unlink()
            return f"wrote to {folder}"
        except OSError:
            continue
    return ""


def change_the_submission(world: dict[str, Any]) -> str:
    for path in [*Path(world["submission"]).iterdir(), Path(world["checks"])]:
        try:
            path.chmod(0o777)
            return f"changed the mode of {path.name}"
        except OSError:
            continue
    return ""


def environment(world: dict[str, Any]) -> str:
    return ", ".join(sorted(set(os.environ) - set(world["environment"])))


def descriptors(world: dict[str, Any]) -> str:
    seen = []
    for fd in range(resource.getrlimit(resource.RLIMIT_NOFILE)[1] if _bounded() else 4096):
        try:
            os.fstat(fd)
        except OSError:
            continue
        seen.append(str(fd))
    return f"open: {', '.join(seen)}" if len(seen) > USUAL_DESCRIPTORS else ""


def _bounded() -> bool:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 1 << 16


def terminal(world: dict[str, Any]) -> str:
    os.close(os.open("/dev/tty", os.O_RDWR))
    return "opened /dev/tty"


def tcp(world: dict[str, Any]) -> str:
    with socket.create_connection(("127.0.0.1", world["port"]), timeout=2):
        return f"connected to 127.0.0.1:{world['port']}"


def udp(world: dict[str, Any]) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", world["port"]))
        return "sent a datagram to 127.0.0.1"


def abstract_socket(world: dict[str, Any]) -> str:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("\0" + world["abstract"])
        return "connected to an abstract socket"


def socket_file(world: dict[str, Any]) -> str:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(world["socket"])
        return f"connected to {world['socket']}"


def other_processes(world: dict[str, Any]) -> str:
    if not world["namespaces"]:
        try:
            os.kill(world["judge"], 0)
        except PermissionError:
            return f"process {world['judge']} exists"
    others = [pid for pid in os.listdir("/proc") if pid.isdigit() and "grader.worker" not in _cmdline(int(pid))]
    return f"processes {', '.join(others[:20])}" if others else ""


def signal_outside(world: dict[str, Any]) -> str:
    if world["namespaces"] and "grader.worker" in _cmdline(world["judge"]):
        return ""  # one of ours has that number
    os.kill(world["judge"], 0)
    return "may signal the judge"


def _cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def signal_parent(world: dict[str, Any]) -> str:
    os.kill(os.getppid(), 0)
    return "may signal the worker that it was forked from"


def trace_parent(world: dict[str, Any]) -> str:
    if _libc.ptrace(PTRACE_ATTACH, os.getppid(), None, None) == 0:
        return "may trace the worker that it was forked from"
    with open(f"/proc/{os.getppid()}/mem", "rb"):
        return "may read the memory of the worker that it was forked from"


def namespaces(world: dict[str, Any]) -> str:
    return "made a user namespace" if _libc.unshare(CLONE_NEWUSER) == 0 else ""


def mount(world: dict[str, Any]) -> str:
    return "mounted a file system" if _libc.mount(b"none", b"/", b"tmpfs", 0, None) == 0 else ""


def capabilities(world: dict[str, Any]) -> str:
    header, data = ctypes.create_string_buffer(8), (ctypes.c_uint32 * 6)()
    ctypes.memmove(header, (0x20080522).to_bytes(4, sys.byteorder) + bytes(4), 8)
    _libc.capget(header, data)
    return f"capabilities {list(data)}" if any(data) else ""


def become_root(world: dict[str, Any]) -> str:
    if os.getuid() == 0:
        return "is root"
    os.setuid(0)
    return "became root"


def privileges(world: dict[str, Any]) -> str:
    if _libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        return "programs may gain privileges"
    return "" if _libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2 else "no filter of system calls"


def core_dumps(world: dict[str, Any]) -> str:
    return "may dump core" if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0) else ""


def limits(world: dict[str, Any]) -> str:
    wanted = {"files": resource.RLIMIT_NOFILE, "file size": resource.RLIMIT_FSIZE, "CPU": resource.RLIMIT_CPU}
    unbounded = [name for name, which in wanted.items() if resource.getrlimit(which)[1] == resource.RLIM_INFINITY]
    return f"no limit on {', '.join(unbounded)}" if unbounded else ""


def scratch(world: dict[str, Any]) -> str:
    room = os.statvfs(os.environ["HOME"])
    size = room.f_blocks * room.f_frsize
    return f"room for {size >> 20} MB of scratch files" if size > world["scratch"] else ""


def clock(world: dict[str, Any]) -> str:
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    return "set the clock"


def shared_memory(world: dict[str, Any]) -> str:
    return "made System V shared memory" if _libc.shmget(0, 4096, 0o1600) >= 0 else ""


def the_judge_s_code(world: dict[str, Any]) -> str:
    importlib.import_module("grader.judge")
    return "imported grader.judge"


def daemon(world: dict[str, Any]) -> str:
    """Leaves a process behind; whether it is still there after the exercise, the judge looks for itself."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
    return ""


# What each attempt is called where its outcome is shown.
ATTEMPTS = {
    "a file outside": read_outside,
    "a folder outside": list_outside,
    "the home folder": list_home,
    "writing outside": write_outside,
    "changing the submission": change_the_submission,
    "environment variables": environment,
    "open descriptors": descriptors,
    "a terminal": terminal,
    "TCP on loopback": tcp,
    "UDP on loopback": udp,
    "an abstract socket": abstract_socket,
    "a socket in a file": socket_file,
    "other processes": other_processes,
    "a signal to the judge": signal_outside,
    "a signal to its parent": signal_parent,
    "its parent's memory": trace_parent,
    "a namespace": namespaces,
    "a mount": mount,
    "capabilities": capabilities,
    "becoming root": become_root,
    "privileges and system calls": privileges,
    "core dumps": core_dumps,
    "limits": limits,
    "unbounded scratch": scratch,
    "the clock": clock,
    "System V shared memory": shared_memory,
    "the judge's code": the_judge_s_code,
    "a daemon": daemon,
}
