"""The probe that tries to break out: what it finds at each level, and that it finds a hole where there is one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.course import Assignment
from grader.sandbox import SandboxError, bubble, enter, open_sandbox, probe
from grader.sandbox.probe import ADMITTED, Finding, attempt
from grader.sandbox.room import Room
from grader.worker.cage import landlock
from grader.worker.cage.confine import Plan
from grader.worker.cage.escape.escape import ATTEMPTS
from tests.sandbox.conftest import LEVELS, Rooms, missing

ALLOW_EVERYTHING = struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000).hex()  # BPF_RET | BPF_K, SECCOMP_RET_ALLOW


def findings(room: Room, toy: Assignment) -> dict[str, Finding]:
    """What every attempt has seen in a cage of this sandbox."""
    with room.untried(toy.solution, toy.public, toy.course.given) as cage:
        return {finding.attempt: finding for finding in attempt(cage)}


@pytest.mark.parametrize("level", LEVELS)
def test_every_attempt_is_held_or_admitted(level: str, rooms: Rooms, toy: Assignment) -> None:
    found = findings(rooms(level), toy)
    assert found.keys() == ATTEMPTS.keys()
    assert {name: one.seen for name, one in found.items() if one.broken} == {}
    assert {name for name, one in found.items() if not one.held} <= ADMITTED[level]


def _without_landlock(plan: Plan) -> Plan:
    return replace(plan, landlock=False)


def _without_filter(plan: Plan) -> Plan:
    return replace(plan, filter=ALLOW_EVERYTHING)


def _without_both(plan: Plan) -> Plan:
    return replace(plan, landlock=False, filter=ALLOW_EVERYTHING)


HOLES: dict[str, tuple[Callable[[Plan], Plan], tuple[str, ...], set[str]]] = {
    "no Landlock": (_without_landlock, (), {"a signal to its parent", "its parent's memory"}),
    "no filter": (_without_filter, (), {"System V shared memory"}),
    "the host's network": (
        _without_both,
        ("--share-net",),
        {"TCP on loopback", "UDP on loopback", "an abstract socket"},
    ),
    "a variable": (lambda plan: plan, ("--setenv", "LEAK", "1"), {"environment variables"}),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_found_and_the_level_refused(
    hole: str, toy: Assignment, monkeypatch: pytest.MonkeyPatch, rooms: Rooms
) -> None:
    weaken, options, expected = HOLES[hole]
    rooms("cold")  # skips or fails where there is none
    make, line = Room.plan, bubble.arguments
    monkeypatch.setattr(Room, "plan", lambda *told: weaken(make(*told)))

    def longer(*told: Any) -> list[str]:
        return [*line(*told), *options]

    monkeypatch.setattr(bubble, "arguments", longer)
    monkeypatch.setattr(probe, "_proved", {})
    room = open_sandbox("cold")
    assert isinstance(room, Room)
    try:
        found = findings(room, toy)
        assert expected <= {name for name, one in found.items() if one.broken}, found
        with pytest.raises(SandboxError, match="level cold does not hold on this machine") as raised:
            room.cage(toy.solution, toy.public, toy.course.given)
        assert all(name in str(raised.value) for name in expected)
    finally:
        room.close()


def test_a_daemon_that_survives_is_found(toy: Assignment, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    with rooms("cold").untried(toy.solution, toy.public, toy.course.given) as cage:
        monkeypatch.setattr(type(cage), "end", lambda self, worker: worker.close())
        found = {finding.attempt: finding for finding in attempt(cage)}
    assert found["a daemon"].broken and "still alive" in found["a daemon"].seen


def test_the_next_level_is_taken_where_one_does_not_hold(
    toy: Assignment, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms("cold")
    monkeypatch.setattr(
        "grader.sandbox.warm.Zygote.fork", lambda *told: (_ for _ in ()).throw(SandboxError("no warmth"))
    )
    monkeypatch.setattr(probe, "_proved", {})
    with ExitStack() as stack:
        cage, reasons = enter(stack, ("warm", "cold"), toy.solution, toy.public, toy.course.given)
        assert cage.level == "cold"
        assert reasons == ["no warmth"]
    with ExitStack() as stack, pytest.raises(SandboxError, match="no warmth"):
        enter(stack, ("warm",), toy.solution, toy.public, toy.course.given)


def test_what_a_level_admits_is_in_the_security_page() -> None:
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text()
    for admitted in set().union(*ADMITTED.values()):
        assert admitted in page, f"SECURITY.md does not speak of {admitted!r}"


def test_without_landlock_s_scopes_signals_within_the_cage_are_admitted(
    toy: Assignment, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not landlock.version():
        missing("this kernel has no Landlock")
    room = rooms("cold")
    make = Room.plan
    monkeypatch.setattr(Room, "plan", lambda *told: _without_landlock(make(*told)))
    monkeypatch.setattr(landlock, "version", lambda: 5)
    found = findings(room, toy)
    assert found["a signal to its parent"].admitted and not found["a signal to its parent"].broken
