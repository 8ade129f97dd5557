"""What a nursery gives up before it forks the first worker: the same steps at every level, in an order that matters.

The plan is made outside (grader.sandbox) and is plain data, so that it travels as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import tempfile
import time
from dataclasses import asdict, dataclass, field
from glob import glob

from grader.worker.cage import landlock
from grader.worker.cage.syscalls import close_others, drop_capabilities, load_filter, no_new_privileges
from grader.worker.lifeline import memory_limit


@dataclass(frozen=True)
class Plan:
    """Where a cage's processes may read and write, what each of them may use at most, and the seccomp filter (hex)."""

    scratch: str
    filter: str
    read: list[str] = field(default_factory=list)
    write: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    gpus: list[str] = field(default_factory=list)  # device files that take commands
    landlock: bool = True
    files: int = 256  # open files of a process
    file_size: int = 256 << 20  # bytes of a file
    memory: int | None = 6 << 30  # bytes of address space (with a GPU: of data) beyond what the nursery has
    processes: int | None = 256  # processes and threads of the user
    cpu: int = 600  # seconds of a process
    sweep: bool = False  # no namespace ends with the nursery: kill what it has started when the judge hangs up

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        return cls(**json.loads(text))


class _State:
    """What this process has become: None where it is not confined."""

    plan: Plan | None = None
    folder = ""  # the scratch folder that it may write to
    is_nursery = False


def confine(plan: Plan, keep: int) -> None:
    """Shut this process in. Of its descriptors it keeps `keep`; the first three lead nowhere. Raises OSError."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    close_others((2, keep, nowhere))
    os.set_inheritable(keep, False)
    os.umask(0o077)
    os.chdir(plan.scratch)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(plan)
    no_new_privileges()
    if plan.landlock:
        landlock.shut_in(
            [
                *((path, landlock.READ) for path in plan.read),
                *((path, landlock.SCRATCH) for path in plan.write),
                *((path, landlock.DEVICE) for path in plan.devices),
                *((path, landlock.GPU) for path in plan.gpus),
            ]
        )
    drop_capabilities()
    load_filter(bytes.fromhex(plan.filter))
    for fd in (0, 1, 2):  # at last: until here, errors are written to the log
        os.dup2(nowhere, fd)
    os.close(nowhere)
    _State.plan, _State.folder, _State.is_nursery = plan, plan.scratch, True


def step_down() -> None:
    """A fork of a confined worker: it can no longer touch the one that it came from, and has a scratch folder of its
    own, the only one that it can write to, in that one's."""
    plan = _State.plan
    if plan is None:
        return
    _State.is_nursery = False
    own = f"{_State.folder}/worker-{os.getpid()}"
    os.mkdir(own, 0o700)
    _State.folder = own
    os.chdir(own)
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = own
    if plan.landlock:
        shared = [path for path in plan.write if path != plan.scratch]
        landlock.step_down(
            [(own, landlock.SCRATCH), *((path, landlock.SCRATCH) for path in shared)]
            + [(path, landlock.DEVICE) for path in (*plan.devices, *plan.gpus)]
        )


def own_folder() -> str:
    """The scratch folder that this process may write to; "" where it is not confined."""
    return _State.folder


def tidy(pid: int) -> None:
    """In a nursery: remove the scratch folder of a worker that has ended, and what it has left in shared memory."""
    plan = _State.plan
    if plan is None or not _State.is_nursery:
        return
    for folder in (f"{plan.scratch}/worker-{pid}", *glob(f"{plan.scratch}/worker-*/worker-{pid}")):
        _remove(folder, f"{plan.scratch}/removed")
    for shared in plan.write:
        if shared != plan.scratch:
            _empty(shared, f"{plan.scratch}/removed")


def _remove(folder: str, aside: str) -> None:
    _empty(folder, aside)
    try:
        os.rmdir(folder)
    except OSError:
        pass


def _empty(folder: str, aside: str) -> None:
    """Remove what is in a folder. Folders in folders are moved aside first, so that no depth is too great."""
    todo, count = [folder], 0
    while todo:
        here = todo.pop()
        try:
            os.chmod(here, 0o700)
        except OSError:
            pass  # a filter may forbid that
        try:
            entries = list(os.scandir(here))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    count += 1
                    os.rename(entry.path, f"{aside}-{count}")
                    todo.append(f"{aside}-{count}")
                else:
                    os.unlink(entry.path)
            except OSError:
                continue
        if here != folder:
            try:
                os.rmdir(here)
            except OSError:
                continue


def sweep() -> None:
    """Kill every process that this one may signal. It must be confined: then these are its own descendants, be it that
    they alone have its user, or that Landlock keeps its signals in."""
    if _State.is_nursery and os.getuid() != 0:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _limit(plan: Plan) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: plan.files,
        resource.RLIMIT_FSIZE: plan.file_size,
        resource.RLIMIT_MEMLOCK: 1 << 20,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if plan.memory is not None:
        which, used = memory_limit(bool(plan.gpus))
        limits[which] = used + plan.memory
    if plan.processes is not None:
        limits[resource.RLIMIT_NPROC] = plan.processes
    for which, wanted in limits.items():
        _, hard = resource.getrlimit(which)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (most, most))
    used = int(time.process_time())
    # At the first of these the process is told which limit it was; at the second it is killed.
    resource.setrlimit(resource.RLIMIT_CPU, (used + plan.cpu, used + plan.cpu + 5))
