"""Control groups, where they are writable."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.sandbox import Limits, SandboxError
from grader.sandbox import groups as module
from grader.sandbox.groups import Groups

HOARDER = "import os, sys; sys.stdin.read(1); kept = b'x' * (200 << 20)"
FORKER = """
import os, sys, time
sys.stdin.read(1)
for _ in range(30):
    try:
        if os.fork() == 0:
            time.sleep(600)
    except OSError:
        sys.exit(7)
"""


@pytest.fixture
def groups() -> Iterator[Groups]:
    """Groups with 64 MB and 20 processes."""
    made = Groups.create(Limits(memory=64 << 20, processes=20))
    if made is None:
        pytest.skip("no writable control groups here")
    yield made
    for pid in made.members():
        os.kill(pid, 9)
    made.remove()


def run_in(groups: Groups, program: str) -> subprocess.Popen[bytes]:
    """A process in the groups, which begins when something is written to it."""
    process = subprocess.Popen([sys.executable, "-S", "-c", program], stdin=subprocess.PIPE)
    groups.add(process.pid)
    return process


def begin(process: subprocess.Popen[bytes]) -> int:
    """Its exit status, after it was told to begin."""
    assert process.stdin is not None
    process.stdin.write(b"g")
    process.stdin.close()
    return process.wait()


def test_memory(groups: Groups) -> None:
    if groups.memory is None:
        pytest.skip("no controller for memory here")
    assert groups.hit() is None
    assert begin(run_in(groups, HOARDER)) == -9
    assert groups.hit() == "memory"
    assert groups.hit() is None


def test_processes(groups: Groups) -> None:
    if not groups.bounds_processes:
        pytest.skip("no controller for processes here")
    assert begin(run_in(groups, FORKER)) == 7
    assert groups.hit() == "processes"
    assert len(groups.members()) == 19


def test_what_it_has_used_is_told(groups: Groups) -> None:
    assert groups.cpu is not None
    assert (groups.cpu / "cpuacct.usage").exists() or (groups.cpu / "cpu.stat").exists()


def test_groups_with_a_process_in_them_are_not_removed_silently(
    groups: Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = run_in(groups, HOARDER)
    assert groups.members() == {process.pid}
    monkeypatch.setattr(module, "REMOVE_SECONDS", 0.0)
    monkeypatch.setattr(module, "_write", lambda file, value: False)  # cgroup.kill, which would help
    with pytest.raises(SandboxError, match="processes are still alive"):
        groups.remove()
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 60
    while groups.members():
        assert time.monotonic() < deadline


def test_the_groups_of_a_judge_that_was_killed_are_swept(groups: Groups) -> None:
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    base = next(iter(groups.folders.values())).parent
    old = base / f"grader-{int(ended.stdout)}-1"
    old.mkdir()
    another = Groups.create(Limits())
    assert another is not None
    another.remove()
    assert not old.exists()
    assert all(Path(folder).is_dir() for folder in groups.folders.values())
