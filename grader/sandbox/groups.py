"""Control groups, where they are writable: what a cage's processes may use together, what they have used, which of them
are alive. Version 1 (a hierarchy for each controller) and version 2, or both at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from grader.sandbox.cage import Limits, SandboxError

REMOVE_SECONDS = 5.0
CONTROLLERS = ("memory", "pids", "cpuacct")

_numbers = count(1)


@dataclass
class Groups:
    """One group for each controller; `unified` is the one of version 2, which in a pure version 2 is all of them."""

    folders: dict[str, Path]
    _seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def create(cls, limits: Limits) -> Groups | None:
        """Groups below our own, with these limits; None where none can be made."""
        name = f"grader-{os.getpid()}-{next(_numbers)}"
        folders: dict[str, Path] = {}
        for controllers, bases in _hierarchies():
            for base in bases:
                folder = _make(base, name)
                if folder is not None:
                    folders = dict.fromkeys(controllers or _enabled(base, folder), folder) | folders
                    if not controllers:
                        folders["unified"] = folder
                    break
        if not folders:
            return None
        groups = cls(folders)
        groups._limit(limits)
        groups._seen = groups._counters()
        return groups

    @property
    def doors(self) -> list[str]:
        """The files that take a process id ("0": the writer's own)."""
        return [str(folder / "cgroup.procs") for folder in sorted(set(self.folders.values()))]

    @property
    def cpu(self) -> Path | None:
        """Where `cpuacct.usage` or `cpu.stat` is."""
        return self.folders.get("cpuacct", self.folders.get("unified"))

    @property
    def memory(self) -> Path | None:
        """Where the memory in use is told and bounded."""
        return self.folders.get("memory")

    @property
    def bounds_processes(self) -> bool:
        return "pids" in self.folders

    def add(self, pid: int) -> None:
        """Move a process here; what it forks from now on is here too. Raises OSError."""
        for door in self.doors:
            Path(door).write_text(str(pid), encoding="ascii")

    def members(self) -> set[int]:
        """Every process that is here."""
        folder = next(iter(self.folders.values()))
        try:
            return {int(word) for word in (folder / "cgroup.procs").read_text(encoding="ascii").split()}
        except OSError:
            return set()

    def hit(self) -> str | None:
        """The limit that was run into since this was last asked: "memory" or "processes"."""
        before, self._seen = self._seen, self._counters()
        return next((what for what, times in self._seen.items() if times > before.get(what, 0)), None)

    def remove(self) -> None:
        """Remove the groups, which only works once every process in them has ended. Raises SandboxError."""
        if "unified" in self.folders:
            _write(self.folders["unified"] / "cgroup.kill", "1")
        deadline = time.monotonic() + REMOVE_SECONDS
        for folder in set(self.folders.values()):
            while folder.is_dir():
                try:
                    folder.rmdir()
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise SandboxError(f"processes are still alive in {folder}: {error.strerror}") from None
                    time.sleep(0.001)

    def _limit(self, limits: Limits) -> None:
        memory, pids = self.folders.get("memory"), self.folders.get("pids")
        if memory is not None:
            for name, value in (
                ("memory.limit_in_bytes", limits.memory),
                ("memory.memsw.limit_in_bytes", limits.memory),
                ("memory.max", limits.memory),
                ("memory.swap.max", 0),
            ):
                _write(memory / name, str(value))
        if pids is not None:
            _write(pids / "pids.max", str(limits.processes))

    def _counters(self) -> dict[str, int]:
        memory, pids = self.folders.get("memory"), self.folders.get("pids")
        found: dict[str, int] = {}
        if memory is not None:
            found["memory"] = _field(memory / "memory.events", "oom_kill") + _field(
                memory / "memory.oom_control", "oom_kill"
            )
        if pids is not None:
            found["processes"] = _field(pids / "pids.events", "max")
        return found


def _hierarchies() -> Iterator[tuple[tuple[str, ...], list[Path]]]:
    """The controllers of each mounted hierarchy that we use (none named: version 2), and where in it to make groups."""
    own = _own_paths()
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in mounts:
        fields, _, rest = line.partition(" - ")
        root, at = fields.split()[3:5]
        kind, _, options = rest.split()[:3]
        if kind == "cgroup2":
            controllers: tuple[str, ...] = ()
        elif kind == "cgroup":
            controllers = tuple(name for name in options.split(",") if name in CONTROLLERS)
            if not controllers:
                continue
        else:
            continue
        path = own.get(controllers[0] if controllers else "", "/")
        inside = Path(at) / path.removeprefix(root).lstrip("/")
        yield controllers, [inside, Path(at)] if inside.is_dir() else [Path(at)]


def _own_paths() -> dict[str, str]:
    """Our own group in each hierarchy, by controller; "" for version 2."""
    found: dict[str, str] = {}
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _make(base: Path, name: str) -> Path | None:
    if not os.access(base / "cgroup.procs", os.W_OK):
        return None
    _sweep(base)
    try:
        (base / name).mkdir()
    except OSError:
        return None
    return base / name


def _enabled(base: Path, folder: Path) -> list[str]:
    """The controllers that a group of version 2 has, after asking for them."""
    if not (folder / "pids.max").exists():
        _write(base / "cgroup.subtree_control", "+memory +pids")
    files = {"memory": "memory.max", "pids": "pids.max", "cpuacct": "cpu.stat"}
    return [name for name, file in files.items() if (folder / file).exists()]


def _sweep(base: Path) -> None:
    """Remove the empty groups of judges that were killed."""
    for old in base.glob("grader-*-*"):
        if not Path(f"/proc/{old.name.split('-')[1]}").exists():
            try:
                old.rmdir()
            except OSError:
                continue


def _write(file: Path, value: str) -> bool:
    try:
        if not file.exists():
            return False
        file.write_text(value, encoding="ascii")
        return True
    except OSError:
        return False


def _field(file: Path, name: str) -> int:
    try:
        for line in file.read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    except (OSError, ValueError):
        pass
    return 0
