"""What an attack may try to reach: secrets, neighbours, processes and listeners, all of them made for it; and how to
see afterwards whether it did."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import os
import platform
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.course import find_course
from grader.oracle import Oracle
from grader.sandbox import Plain
from tests.attacks.attack import COURSE

# Every secret begins with "canary-"; the numbers are in what is kept back from submissions.
CANARIES = ("canary-", "-yranac", b"canary-".hex(), "86753.09", "root:x:0")
CASE_NAMES = ("canary_case_", "_esac_yranac")
SECRET = b"canary-secret-2f81aa07"
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/")  # where a trace may be left, beside our own folders

BYSTANDER = """
import sys
memory = "canary-" + "memory-" + sys.argv[2]
sys.stdin.read()
"""


class World:
    """The trusted side: a course of its own, a reference worker, and what stands around them."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.root = Path(tempfile.mkdtemp(prefix="grader-world-"))
        self.course = self.root / "course"
        self.home = self.root / "home"
        self.neighbour = self.root / "submissions" / "neighbour"
        self._make_folders()
        self.assignment = find_course(self.course).assignment("x1")
        with self.environment():
            self.trusted = Plain()
            self.oracle = Oracle(self.trusted, self.assignment)
            self._start_bystander()
        self._listen()
        self.signals: list[int] = []
        self._handler = signal.signal(signal.SIGUSR1, lambda number, frame: self.signals.append(number))
        self._before = self.state()

    @contextmanager
    def environment(self) -> Iterator[None]:
        """The judge's own environment while an attack takes place: with a secret, and a home that nobody else writes to,
        as other tests of the same process would."""
        kept = dict(os.environ)
        os.environ.update(HOME=str(self.home), COURSE_TOKEN="canary-environ-77c0f1d4")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(kept)

    def _make_folders(self) -> None:
        shutil.rmtree(self.course, ignore_errors=True)
        shutil.rmtree(self.neighbour, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(COURSE, self.course, ignore=shutil.ignore_patterns("__pycache__"))
        self.neighbour.mkdir(parents=True)
        (self.neighbour / "kernels.py").write_text('"""canary-neighbour-d2b8c916"""\n')
        self.home.mkdir()
        (self.home / ".netrc").write_text("password canary-home-3be5f07a\n")

    def _listen(self) -> None:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(self.root / "socket"))
        os.chmod(self.root / "socket", 0o777)
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind("\0" + self.root.name)
        for listener in (self.unix, self.abstract):
            listener.listen()

    def _start_bystander(self) -> None:
        """Another process of the judge's own user, with secrets in its arguments, environment and memory."""
        self.bystander = subprocess.Popen(
            [sys.executable, "-S", "-c", BYSTANDER, "canary-cmdline-b64e00fd", "19ac55e3"],
            stdin=subprocess.PIPE,
            env={"TOKEN": "canary-procenv-8f2d41ba"},
        )

    def marker(self) -> str:
        """A name that no other process or file has."""
        return f"atk-{os.getpid() % 4096:03x}{next(self._numbers):04x}"

    def told(self, marker: str) -> dict[str, Any]:
        """What an attacker is told."""
        return {
            "MARKER": marker,
            "JUDGE": os.getpid(),
            "BYSTANDER": self.bystander.pid,
            "TCP_PORT": self.tcp.getsockname()[1],
            "UDP_PORT": self.udp.getsockname()[1],
            "UNIX": str(self.root / "socket"),
            "ABSTRACT": self.root.name,
            "ROOT": str(self.root),
            "SOLUTIONS": str(self.assignment.solution),
            "CHECKS": str(self.assignment.public),
            "NEIGHBOUR": str(self.neighbour),
            "HOME": str(self.home),
            "PID_NAMESPACE": _link("/proc/self/ns/pid"),
            "KEY": int.from_bytes(hashlib.sha256(marker.encode()).digest()[:3], "big"),
        }

    # -- what has changed ---------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What no submission may change."""
        return {
            "the course": _digest(self.course),
            "the neighbour's folder": _digest(self.neighbour),
            "the home directory": _digest(self.home),
            "the judge's limits": [resource.getrlimit(i) for i in range(16)],
            "the judge's priority": os.getpriority(os.PRIO_PROCESS, 0),
            "the judge's processors": os.sched_getaffinity(0),
            "the judge's folder": os.getcwd(),
            "its score for the OOM killer": _text("/proc/self/oom_score_adj"),
            "the core pattern": _text("/proc/sys/kernel/core_pattern"),
            "the host's name": socket.gethostname(),
            "the bystander's limits": _text(f"/proc/{self.bystander.pid}/limits"),
        }

    def complaints(self, marker: str, key: int) -> list[str]:
        """What has been reached, or left behind."""
        found = [f"{what} is not as before" for what, then in self._before.items() if self.state()[what] != then]
        found += [f"the judge got {signal.Signals(number).name}" for number in self.signals]
        if self.bystander.poll() is not None:
            found.append(f"another process was ended ({self.bystander.returncode})")
        elif _state_of(self.bystander.pid) in "Tt":
            found.append("another process was stopped")
        listeners = {"TCP": self.tcp, "UDP": self.udp, "a Unix socket": self.unix, "an abstract socket": self.abstract}
        for name, listener in listeners.items():
            if select.select([listener], [], [], 0)[0]:
                found.append(f"it spoke over {name}")
        found += [f"a file is left: {path}" for path in self._traces(marker)]
        found += [f"a System V {kind} is left" for kind in ("shm", "sem", "msg") if _has_key(kind, key)]
        found += [f"a process is left: {pid} {what}" for pid, what in marked(marker).items()]
        return found

    def _traces(self, marker: str) -> list[str]:
        found: list[str] = []
        for place in (*PLACES, str(self.root), tempfile.gettempdir(), os.getcwd()):
            found += [entry.path for entry in _entries(place) if marker in entry.name]
        return [path for path in dict.fromkeys(found) if not path.startswith(str(self.root / "submissions"))]

    def restore(self, marker: str, key: int) -> bool:
        """Undo whatever an attack has done; whether what attackers are told is another than before."""
        for pid in marked(marker):
            _kill(pid)
        for path in self._traces(marker):
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else Path(path).unlink(missing_ok=True)
        for kind, option in (("shm", "-M"), ("sem", "-S"), ("msg", "-Q")):
            if _has_key(kind, key):
                subprocess.run(["ipcrm", option, str(key)], check=False, capture_output=True)
        _forget_names(marker)
        self.signals.clear()
        for listener in (self.tcp, self.unix, self.abstract):
            while select.select([listener], [], [], 0)[0]:
                listener.accept()[0].close()
        while select.select([self.udp], [], [], 0)[0]:
            self.udp.recv(1 << 16)
        if self.state() != self._before or self.bystander.poll() is not None:
            _kill(self.bystander.pid)
            self.bystander.communicate()
            self._start_bystander()
            self._make_folders()
            for number, limit in enumerate(self._before["the judge's limits"]):
                resource.setrlimit(number, limit)
            os.sched_setaffinity(0, self._before["the judge's processors"])
            self._before = self.state()
            return True
        if _state_of(self.bystander.pid) in "Tt":
            os.kill(self.bystander.pid, signal.SIGCONT)
        return False

    def close(self) -> None:
        """End the trusted side."""
        self.trusted.close()
        for listener in (self.tcp, self.udp, self.unix, self.abstract):
            listener.close()
        self.bystander.kill()
        self.bystander.communicate()
        signal.signal(signal.SIGUSR1, self._handler)
        shutil.rmtree(self.root, ignore_errors=True)


def marked(marker: str) -> dict[int, str]:
    """Every living process whose name, arguments or environment holds the marker."""
    found: dict[int, str] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            for part in ("comm", "cmdline", "environ"):
                if marker in _text(f"/proc/{name}/{part}") and _state_of(int(name)) not in "ZX":
                    found[int(name)] = part
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _state_of(pid: int) -> str:
    return (_text(f"/proc/{pid}/stat").rpartition(")")[2].split() or ["X"])[0]


def _has_key(kind: str, key: int) -> bool:
    return any(line.split()[:1] == [str(key)] for line in _text(f"/proc/sysvipc/{kind}").splitlines())


def _forget_names(marker: str) -> None:
    """Remove a message queue and a key, which no file system shows."""
    libc, name = ctypes.CDLL(None), marker.encode()
    libc.mq_unlink(b"/" + name)
    if platform.machine() == "x86_64":
        key = libc.syscall(249, b"user", name, None, 0)  # request_key
        if key > 0:
            libc.syscall(250, 9, key, -4, 0, 0)  # keyctl: unlink it from the user's keyring


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        digest.update(f"{path} {info.st_mode} {info.st_size} {info.st_mtime_ns}\n".encode())
        if path.is_file() and not path.is_symlink():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _entries(place: str) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    try:
        for entry in os.scandir(place):
            found.append(entry)
            if place != "/" and entry.is_dir(follow_symlinks=False):
                try:
                    found.extend(os.scandir(entry.path))
                except OSError:
                    continue
    except OSError:
        pass
    return found


def _text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
