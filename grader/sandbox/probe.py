"""Does the cage hold? A submission of ours is asked to break out of it, once in a process for each level, before
anybody else's code runs there."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import wire
from grader.gpu import GPU, HIDDEN
from grader.peer import PeerLost
from grader.sandbox.cage import SandboxError
from grader.sandbox.caged import Caged
from grader.sandbox.launch import ENVIRONMENT
from grader.sandbox.libraries import libraries

SECONDS = 30.0
DAEMON = "a daemon"

# What a level does not promise (SECURITY.md says so too).
ADMITTED: dict[str, frozenset[str]] = {
    "warm": frozenset(),
    "cold": frozenset(),
    "user": frozenset(("other processes", "unbounded scratch")),
}
GPU_NAMES = (*HIDDEN, *GPU((), ("",)).environment)
WITHOUT_SIGNAL_SCOPE = frozenset(("a signal to its parent",))

EXPECTED = frozenset((*ENVIRONMENT, *GPU_NAMES, "HOME", "TMPDIR", "PYTHONPATH", "PWD", "LC_CTYPE"))


@dataclass(frozen=True)
class Finding:
    """One attempt: what it has seen ("" where the cage held), and whether the level admits that."""

    attempt: str
    seen: str
    admitted: bool = False

    @property
    def held(self) -> bool:
        return not self.seen

    @property
    def broken(self) -> bool:
        """Whether the level has promised otherwise."""
        return bool(self.seen) and not self.admitted


_proved: dict[tuple[str, bool], tuple[Finding, ...]] = {}


def prove(cage: Caged) -> tuple[Finding, ...]:
    """Try this cage, unless one of its level has been tried before in this process. Raises SandboxError where it
    does not start, or does not hold."""
    kind = (cage.level, cage.shows_gpu)
    if kind not in _proved:
        findings = attempt(cage)
        broken = [f"{finding.attempt}: {finding.seen}" for finding in findings if finding.broken]
        if broken:
            raise SandboxError(f"level {cage.level} does not hold on this machine: {'; '.join(broken)}")
        _proved[kind] = findings
    return _proved[kind]


def attempt(cage: Caged) -> tuple[Finding, ...]:
    """What a submission that tries to break out has seen. Raises SandboxError where that cannot be asked."""
    cage.check()
    with _world(cage) as world:
        try:
            seen = _ask(cage, world)
        except PeerLost as lost:
            raise SandboxError(f"level {cage.level} does not answer: {lost}") from None
    left = cage.processes
    if left:
        seen[DAEMON] = f"still alive: {sorted(left)}"
    admitted = ADMITTED[cage.level] | (frozenset() if cage.signals_kept_in else WITHOUT_SIGNAL_SCOPE)
    return tuple(Finding(name, what, name in admitted) for name, what in seen.items())


def _ask(cage: Caged, world: dict[str, Any]) -> dict[str, str]:
    escape = cage.package / "grader" / "worker" / "cage" / "escape"
    assert cage.paths is not None
    load = wire.LoadModule(
        folder=str(escape), module="escape", siblings=[], given=str(cage.paths.given), checks=str(escape / "checks.py")
    )
    worker = cage.open()
    try:
        reply, _ = worker.call(load, seconds=SECONDS)
        if not isinstance(reply, wire.Loaded) or reply.failure:
            raise SandboxError(f"level {cage.level} cannot be probed: {_words(reply)}")
        fork = cage.spawn(worker)
        packer = wire.Packer()
        question = wire.Ask("escape.attempts", packer.pack({"world": world}), 0)
        reply, data = fork.call(question, packer, seconds=SECONDS)
        cage.end(fork)
    finally:
        cage.end(worker)
    if not isinstance(reply, wire.Answer):
        raise SandboxError(f"level {cage.level} cannot be probed: {_words(reply)}")
    answer = wire.unpack(reply.outputs, data)
    assert isinstance(answer, dict)
    return {str(name): str(value) for name, value in answer.items()}


def _words(reply: Any) -> str:
    failure = reply.failure if isinstance(reply, wire.Loaded) else reply
    return f"{failure.error}: {failure.message}" if isinstance(failure, wire.Failure) else type(reply).__name__


@contextmanager
def _world(cage: Caged) -> Iterator[dict[str, Any]]:
    """Something to be found: a file that everybody may read, listeners, ourselves."""
    assert cage.paths is not None
    home = Path.home()
    name = f"grader-{secrets.token_hex(8)}"
    with (
        tempfile.TemporaryDirectory(prefix="grader-probe-") as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as file,
    ):
        os.chmod(folder, 0o777)
        canary = Path(folder) / "canary"
        canary.write_text(name)
        abstract.bind("\0" + name)
        abstract.listen()
        file.bind(f"{folder}/socket")
        os.chmod(f"{folder}/socket", 0o777)
        file.listen()
        yield {
            "canary": str(canary),
            "home": str(home),
            "home_shown": [path.relative_to(home).parts[0] for path in libraries().paths if path.is_relative_to(home)],
            "submission": str(cage.paths.submission),
            "checks": str(cage.paths.checks),
            "environment": sorted(EXPECTED),
            "port": tcp.getsockname()[1],
            "abstract": name,
            "socket": f"{folder}/socket",
            "judge": os.getpid(),
            "namespaces": cage.has_namespaces,
            "scratch": cage.limits.scratch,
        }
