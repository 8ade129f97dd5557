"""What a nursery gives up before it forks the first worker: the same steps at every level, in an order that matters.

The plan is made outside (grader.sandbox) and is plain data, so that it travels as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
from dataclasses import asdict, dataclass, field

from grader.worker.cage import landlock
from grader.worker.cage.syscalls import close_others, drop_capabilities, load_filter, no_new_privileges

_confined = False


@dataclass(frozen=True)
class Plan:
    """Where a cage's processes may read and write, what each of them may use at most, and the seccomp filter (hex)."""

    scratch: str
    filter: str
    read: list[str] = field(default_factory=list)
    write: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    landlock: bool = True
    files: int = 256  # open files of a process
    file_size: int = 256 << 20  # bytes of a file
    memory: int | None = 6 << 30  # bytes of address space beyond what the nursery has
    processes: int | None = 256  # processes and threads of the user
    cpu: int = 600  # seconds of a process

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        return cls(**json.loads(text))


def confine(plan: Plan, keep: int) -> None:
    """Shut this process in. Of its descriptors it keeps `keep`; the first three lead nowhere. Raises OSError."""
    global _confined
    nowhere = os.open(os.devnull, os.O_RDWR)
    close_others((2, keep, nowhere))
    os.set_inheritable(keep, False)
    os.chdir(plan.scratch)
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(plan)
    no_new_privileges()
    if plan.landlock:
        landlock.shut_in(
            [
                *((path, landlock.READ) for path in plan.read),
                *((path, landlock.SCRATCH) for path in plan.write),
                *((path, landlock.DEVICE) for path in plan.devices),
            ]
        )
    drop_capabilities()
    load_filter(bytes.fromhex(plan.filter))
    for fd in (0, 1, 2):  # at last: until here, errors are written to the log
        os.dup2(nowhere, fd)
    os.close(nowhere)
    _confined = plan.landlock


def step_down() -> None:
    """A fork of a confined worker can no longer touch the one that it came from."""
    if _confined:
        landlock.step_down()


def _limit(plan: Plan) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: plan.files,
        resource.RLIMIT_FSIZE: plan.file_size,
        resource.RLIMIT_MEMLOCK: 1 << 20,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_CPU: plan.cpu,
    }
    if plan.memory is not None:
        limits[resource.RLIMIT_AS] = _address_space() + plan.memory
    if plan.processes is not None:
        limits[resource.RLIMIT_NPROC] = plan.processes
    for which, most in limits.items():
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(which, (most, most))


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
