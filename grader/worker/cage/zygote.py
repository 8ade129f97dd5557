"""`python -m grader.worker.cage.zygote FD`: imports torch once, then starts nurseries, each alone in a cage of its own.

Runs inside bubblewrap with the capabilities to make namespaces, which no nursery keeps. A request is a message with a
Plan, the folder with what the cage is about, and the nursery's socket; the answer is the nursery's pidfd. Whoever
asked opens the gate by one byte on that socket, once the nursery is in its control groups.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from grader.worker.cage import syscalls
from grader.worker.cage.confine import Plan, confine
from grader.worker.cage.hugepages import collapse
from grader.worker.cage.preload import preload
from grader.worker.cage.syscalls import mount
from grader.worker.lifeline import IN_SIGHT

MESSAGE = 1 << 18  # bytes of a request at most
SAFE = syscalls.MS_NOSUID | syscalls.MS_NODEV
OWN = (
    syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWCGROUP
)


def main() -> None:
    """Serve requests until the socket closes; whatever was started then dies with the PID namespace."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _own_namespaces()
    from grader.worker import serve

    _warm_up(serve)
    gc.collect()
    gc.freeze()
    gc.disable()
    collapse()
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    control.send(b"ready")
    while True:
        message, fds, _, _ = socket.recv_fds(control, MESSAGE, 1)
        if not message:
            os._exit(0)
        _reap()
        try:
            request = json.loads(message)
            _preload(request)
            pid = _fork(request, fds[0], home)
        except OSError as error:
            control.send(str(error).encode())
            os.close(fds[0])
            continue
        os.close(fds[0])
        pidfd = os.pidfd_open(pid)
        socket.send_fds(control, [b"born"], [pidfd])
        os.close(pidfd)


def _own_namespaces() -> None:
    """A PID and a mount namespace that belong to this process's own user namespace: only then can it leave and enter
    the namespaces that it makes. bubblewrap's belong to one further out."""
    syscalls.unshare(syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNS)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    syscalls.private_mounts()
    mount("proc", "/proc", "proc", SAFE | syscalls.MS_NOEXEC)


def _warm_up(serve: ModuleType) -> None:
    """What is initialised on first use is initialised here, where it costs once."""
    import torch

    environment = dict(os.environ)
    torch.set_num_threads(1)
    serve.warm_up()
    x = torch.ones(8, 8, requires_grad=True)
    if not IN_SIGHT:  # an optimizer asks the GPU whether it records a graph, and starts CUDA to do so
        torch.optim.SGD([x], lr=0.1).step()
    with torch.no_grad():
        torch.linalg.svd(x)
        torch.fft.fft(x)
        (x.bfloat16() @ x.bfloat16()).sum().item()
        torch.cdist(x.double(), x.double()).topk(2)
    _rehearse(serve)
    serve.stay_untouched()
    os.environ.clear()  # torch notes its temporary folders there
    os.environ.update(environment)


def _rehearse(serve: ModuleType) -> None:
    """Do once what every nursery will do, and leave no trace of it."""
    from grader import wire

    folder = Path(__file__).with_name("rehearsal")
    paths, finders, modules = list(sys.path), list(sys.meta_path), set(sys.modules)
    worker = serve.Worker()
    load = wire.LoadModule(
        folder=str(folder), module="rehearsal", siblings=[], given="/nonexistent", checks=str(folder / "checks.py")
    )
    packer = wire.Packer()
    zeros = {name: np.zeros(shape) for name, shape in (("x", (8, 4)), ("w", (4, 3)))}
    ask = wire.Ask("rehearsal.layer", packer.pack(zeros), 0)
    ours, theirs = socket.socketpair()
    ends = 1 if IN_SIGHT else None  # a backward pass is not for who has a GPU and will fork
    for request, sent in ((load, None), (ask, packer), (ask, packer))[:ends]:
        wire.send(ours, wire.encode(request, sent))
        head, data, _ = wire.receive(theirs, 1)
        reply = worker.handle(wire.decode_request(head), data)
        message, filled = reply if isinstance(reply, tuple) else (reply, None)
        if isinstance(message, wire.Failure) or (isinstance(message, wire.Loaded) and message.failure):
            raise RuntimeError(f"the rehearsal fails: {message}")
        wire.send(theirs, wire.encode(message, filled))
    ours.close()
    theirs.close()
    sys.path[:], sys.meta_path[:] = paths, finders
    for name in set(sys.modules) - modules:
        if name in ("rehearsal", "checks"):
            del sys.modules[name]


def _preload(request: dict[str, Any]) -> None:
    """Load the course's own declaration and libraries that the submission names, and compile the given helpers, once
    for all cages that need them."""
    from grader.spec.load import preload_checks
    from grader.worker.subject import Source

    if not Source.is_ahead:
        Source.compile_ahead(Path(request["about"], "given"), Path(request["cage"], "given"))
    if preload(request["libraries"]):
        gc.collect()
        collapse()
    try:
        preload_checks(
            Path(request["about"], "checks.py").read_text(encoding="utf-8"), Path(request["cage"], "checks.py")
        )
    except (OSError, ValueError):
        return  # a worker will tell
    gc.freeze()


def _fork(request: dict[str, Any], channel: int, home: int) -> int:
    """Start a nursery as process 1 of a new PID namespace."""
    syscalls.unshare(syscalls.CLONE_NEWPID)
    try:
        pid = os.fork()
        if not pid:
            _nursery(request, channel)
    finally:
        syscalls.setns(home, syscalls.CLONE_NEWPID)
    return pid


def _nursery(request: dict[str, Any], channel: int) -> None:
    """In the child: wait for the gate, make the cage, shut in, serve. Never returns."""
    try:
        sock = socket.socket(fileno=channel)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        if not sock.recv(1):
            os._exit(0)
        syscalls.unshare(OWN)
        syscalls.private_mounts()
        mount(request["about"], request["cage"], flags=syscalls.MS_BIND | syscalls.MS_REC)
        mount("none", request["stage"], "tmpfs", SAFE | syscalls.MS_RDONLY, "size=4k,nr_inodes=2")
        mount("none", request["scratch"], "tmpfs", SAFE, request["size"])
        mount("none", "/dev/shm", "tmpfs", SAFE, request["shared"])
        mount("proc", "/proc", "proc", SAFE | syscalls.MS_NOEXEC)
        from grader.worker import serve

        confine(Plan.from_json(request["plan"]), channel)
        gc.enable()
        serve.serve(sock)
        os._exit(0)
    except BaseException as error:
        try:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    main()
