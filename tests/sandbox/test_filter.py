"""The filter of system calls: every call that it names is refused, and what Python and torch need is not."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest

from grader.sandbox import filter
from tests.sandbox.conftest import missing

# Runs in a process of its own, since a filter is for good. Prints the error number of every call, 0 where it is allowed.
PROGRAM = """
import ctypes, json, os, socket, subprocess, sys, threading
from grader.worker.cage import syscalls
libc = ctypes.CDLL(None, use_errno=True)
asked = json.load(sys.stdin)
syscalls.no_new_privileges()
syscalls.load_filter(bytes.fromhex(asked["filter"]))
assert libc.prctl(21, 0, 0, 0, 0) == 2, "there is no filter, and these calls must not be made without"
told = {}
for name, arguments in asked["calls"]:
    ctypes.set_errno(0)
    result = libc.syscall(*(ctypes.c_long(n) for n in arguments))
    told[name] = ctypes.get_errno() if result == -1 else 0
def attempt(name, action):
    try:
        action()
        told[name] = 0
    except OSError as error:
        told[name] = error.errno
for family in ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"):
    attempt(family, lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close())
attempt("socketpair", lambda: [s.close() for s in socket.socketpair()])
attempt("thread", lambda: threading.Thread(target=int).start())
attempt("process", lambda: subprocess.run([sys.executable, "-S", "-c", ""], check=True))
attempt("chmod", lambda: os.chmod("/proc/self/fd/0", 0o600))
json.dump(told, sys.stdout)
"""


def ask(namespaces: bool, calls: list[tuple[str, list[int]]]) -> dict[str, int]:
    """The error numbers of calls under the filter."""
    if problem := filter.missing():
        missing(problem)
    told = json.dumps({"filter": filter.program(namespaces).hex(), "calls": calls})
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def number(name: str) -> int:
    """A system call's number here; negative where this architecture has no such call."""
    import pyseccomp

    found = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    return int(filter.RECENT.get(name, -1) if found == -1 else found)


@pytest.mark.parametrize("namespaces", [True, False])
def test_every_call_that_is_named_is_refused(namespaces: bool) -> None:
    if problem := filter.missing():
        missing(problem)
    names = (filter.DENIED if namespaces else filter.DENIED + filter.DENIED_WITHOUT_NAMESPACES).split()
    calls = [(name, [number(name), -1, -1, -1, -1, -1, -1]) for name in names if number(name) >= 0]
    assert len(calls) > 0.8 * len(names)
    told = ask(namespaces, calls)
    assert {name: told[name] for name, _ in calls if told[name] != errno.EPERM} == {}


def test_namespaces_cannot_be_made_by_clone_either() -> None:
    calls = [(f"clone {flag:#x}", [number("clone"), flag, 0, 0, 0, 0]) for flag in filter.NEW_NAMESPACES]
    calls.append(("clone3", [number("clone3"), 0, 0, 0, 0, 0]))
    told = ask(True, calls)
    assert {told[name] for name, _ in calls[:-1]} == {errno.EPERM}
    assert told["clone3"] == errno.ENOSYS


def test_sockets_threads_and_processes() -> None:
    inside, outside = ask(True, []), ask(False, [])
    refused = {"AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"}
    assert {name for name in refused if inside[name] == errno.EPERM} == refused
    assert inside["AF_UNIX"] == 0 and outside["AF_UNIX"] == errno.EPERM
    for told in (inside, outside):
        assert (told["socketpair"], told["thread"], told["process"]) == (0, 0, 0)
    assert outside["chmod"] == errno.EPERM


def test_typing_into_a_terminal_and_others_limits() -> None:
    pid = os.getpid()
    calls = [(f"ioctl {request:#x}", [number("ioctl"), 0, request, 0]) for request in filter.TERMINAL]
    # The same with bits above the 32 that the kernel looks at.
    calls.append(("ioctl, high bits", [number("ioctl"), 0, filter.TERMINAL[0] | 1 << 40, 0]))
    calls.append(("prlimit", [number("prlimit64"), pid, 7, 0, 0]))
    told = ask(True, calls)
    assert set(map(told.get, (name for name, _ in calls))) == {errno.EPERM}
    assert ask(True, [("own", [number("prlimit64"), 0, 7, 0, 0])])["own"] == 0


def test_without_libseccomp_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError("no such library")

    monkeypatch.setattr("importlib.import_module", refuse)
    assert filter.missing() == "libseccomp is missing: apt-get install libseccomp2"
