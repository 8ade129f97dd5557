"""Killing: all of it, only that, and whatever forks meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from grader.sandbox.processes import descendants, innermost_pid, is_zombie, kill_all, kill_below

TREE = """
import os, sys, time
for _ in range(2):
    if os.fork() == 0:
        os.fork()
        time.sleep(600)
print("ready", flush=True)
time.sleep(600)
"""
# A process that is always another one. It leaves a sweep time to see it, on a busy machine too, and ends of itself.
BOMB = """
import os, time
print("ready", flush=True)
for _ in range(2):
    os.fork()
end = time.monotonic() + 90
while time.monotonic() < end:
    pid = os.fork()
    if pid:
        time.sleep(0.2)
        os._exit(0)
"""

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start(program)`: a process that has said that it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def run(program: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", "-c", program]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # in one step, whatever the code under test has left
        process.communicate()


def test_everything_below_a_process_is_killed_but_what_is_kept(start: Start) -> None:
    tree = start(TREE)
    while len(descendants(tree.pid)) < 4:
        assert tree.poll() is None
    kept = min(descendants(tree.pid))
    assert kill_below(tree.pid, frozenset((kept,)))
    assert {pid for pid in descendants(tree.pid) if not is_zombie(pid)} == {kept}
    assert tree.poll() is None
    assert kill_below(tree.pid)
    assert all(map(is_zombie, descendants(tree.pid)))


def test_what_forks_all_the_time_is_killed_too(start: Start) -> None:
    """Every process here leaves another one and ends: only a sweep that stops it first can catch it."""
    session = start(BOMB).pid

    def members() -> set[int]:
        found = set()
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and os.getsid(int(name)) == session:
                    found.add(int(name))
            except OSError:
                continue
        return found

    assert members()
    assert kill_all(members, 30.0)
    assert {pid for pid in members() if not is_zombie(pid)} == set()


def test_a_process_that_has_ended_has_no_number() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert is_zombie(process.pid)
    assert innermost_pid(process.pid) == 0
    assert innermost_pid(os.getpid()) > 0
