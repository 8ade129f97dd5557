"""Starts a process that is to be, or to hold, a cage; and tells why it did not start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from grader.meter import STEADY_MEMORY
from grader.sandbox.stage import PACKAGE

LAUNCHER = Path(__file__).with_name("launcher.py")
LOG_TAIL = 2_000  # bytes

# What a worker is told by its environment; nothing of the user's own comes along.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    **STEADY_MEMORY,
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    "TERM": "dumb",
    "USER": "student",
    "LOGNAME": "student",
}


@dataclass(frozen=True)
class Orders:
    """What the launcher does before it becomes `command`."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)
    doors: Sequence[str] = ()  # cgroup.procs files
    mounts: Sequence[Mapping[str, str]] = ()  # in a mount namespace of its own; needs root
    uid: int | None = None

    def to_json(self) -> str:
        told: dict[str, Any] = {name: getattr(self, name) for name in ("command", "doors", "mounts", "uid")}
        return json.dumps({**told, "environment": dict(self.environment), "package": str(PACKAGE.parent)})


class Started:
    """A process that the launcher has become."""

    def __init__(self, orders: Orders, descriptors: Sequence[int]) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), orders.to_json()],
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            env={},
            start_new_session=True,
        )

    @property
    def log(self) -> str:
        """The last lines that were written on stderr before anybody's code ran."""
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), LOG_TAIL, max(0, size - LOG_TAIL))
        return tail.decode("utf-8", "replace").strip()

    @property
    def complaint(self) -> str:
        """The last of them."""
        return self.log.rpartition("\n")[2] or "it ended without a word"

    def end(self, patience: float = 0.0) -> None:
        """Take the process's status; kill it should it not end by itself within so many seconds."""
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


@cache
def may_mount() -> bool:
    """Whether the launcher can make mounts of its own: not so for an ordinary user, nor for most containers' root."""
    code = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x20000) != 0)"
    return subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False).returncode == 0
