"""What a cage shows of a GPU. Here /dev/full stands for its device files: what a cage lets through is the same."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.gpu import GPU
from grader.sandbox import SandboxError, filter, gpu_of, open_sandbox, usable
from grader.sandbox.room import Room
from grader.worker.cage.confine import Plan
from tests.sandbox.conftest import LEVELS, missing

STAND_IN = GPU(("/dev/full",))

PROGRAM = """
import json, socket, sys
from grader.worker.cage.syscalls import load_filter, no_new_privileges
no_new_privileges()
load_filter(bytes.fromhex(sys.stdin.read()))
told = {}
def attempt(name, action):
    try:
        action()
        told[name] = 0
    except OSError as error:
        told[name] = error.errno
for kind in ("STREAM", "SEQPACKET", "DGRAM"):
    attempt(kind, lambda: socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + kind)).close())
attempt("connect", lambda: socket.socket(socket.AF_UNIX).connect("/nowhere"))
attempt("internet", lambda: socket.socket(socket.AF_INET).close())
json.dump(told, sys.stdout)
"""


def calls(namespaces: bool, gpu: bool) -> dict[str, int]:
    if problem := filter.missing():
        missing(problem)
    told = filter.program(namespaces, gpu).hex()
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_without_namespaces_a_socket_may_be_made_and_calls_nobody() -> None:
    made = calls(namespaces=False, gpu=True)
    assert (made["STREAM"], made["SEQPACKET"]) == (0, 0)
    assert made["DGRAM"] == made["connect"] == made["internet"] == errno.EPERM
    assert set(calls(namespaces=False, gpu=False).values()) == {errno.EPERM}


def test_with_namespaces_nothing_changes() -> None:
    assert calls(namespaces=True, gpu=True) == calls(namespaces=True, gpu=False)


@pytest.mark.parametrize("level", LEVELS)
def test_a_cage_with_a_gpu_holds_like_one_without(level: str, toy: Assignment) -> None:
    """The attempts to break out, and a device that CUDA cannot use, in a sentence."""
    try:
        room = open_sandbox(level, gpu=STAND_IN)
    except SandboxError as error:
        missing(str(error))
    assert isinstance(room, Room)
    try:
        with room.cage(toy.solution, toy.public, toy.course.given) as cage:
            assert cage.shows_gpu
            with pytest.raises(SandboxError, match=f"level {level} shows a GPU that cannot be used: "):
                usable(cage)
    finally:
        room.close()


def test_the_plan_lets_the_device_take_commands_and_bounds_no_addresses(toy: Assignment) -> None:
    try:
        room = open_sandbox("user", gpu=STAND_IN)
    except SandboxError as error:
        missing(str(error))
    assert isinstance(room, Room)
    try:
        plan = room.plan(None, Path("/nowhere"), [], [])
        assert plan.gpus == ["/dev/full"] and plan.files == 1024
        assert Plan.from_json(plan.to_json()) == plan
    finally:
        room.close()


def test_for_the_cpu_no_cage_shows_any() -> None:
    assert gpu_of("cpu") is None
