"""A judge that is killed takes everything with it, daemons too."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, TOY
from tests.sandbox.conftest import LEVELS, Rooms

SECONDS = 60  # in which it must have happened; a test that hangs fails

JUDGE = """
import json, sys
from pathlib import Path
from grader import wire
from grader.course import find_course
from grader.sandbox import open_sandbox

level, mine = sys.argv[1:]
toy = find_course(Path({toy!r})).assignment("t1")
with open_sandbox(level).cage(Path(mine), toy.public, toy.course.given) as cage:
    worker = cage.open()
    load = wire.LoadModule(
        folder=str(cage.paths.submission), module="algebra", siblings=[],
        given=str(cage.paths.given), checks=str(cage.paths.checks),
    )
    reply, _ = worker.call(load, seconds=60)
    assert reply.failure is None, reply
    cage.spawn(worker)
    print(json.dumps(sorted(cage.processes)), flush=True)
    sys.stdin.read()
"""

CLINGS = """
import ctypes, os, signal, time

ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # outlive the parent
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
child = os.fork()
if child:
    os.waitpid(child, 0)
else:
    os.setsid()
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(0)
"""


@pytest.mark.parametrize("level", LEVELS)
def test_everything_ends_with_a_judge_that_is_killed(level: str, rooms: Rooms, tmp_path: Path) -> None:
    rooms(level)  # skips or fails where there is none
    (tmp_path / "algebra.py").write_text(CLINGS)
    judge = subprocess.Popen(
        [sys.executable, "-c", JUDGE.format(toy=str(TOY)), level, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert judge.stdout is not None
        processes = json.loads(judge.stdout.readline())
        assert len(processes) == 3  # a module's worker, its daemon, an exercise's worker
        handles = {pid: os.pidfd_open(pid) for pid in processes}
    finally:
        judge.kill()
        judge.communicate()
    for pid, handle in handles.items():
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        assert poll.poll(SECONDS * 1000), f"{pid} has outlived the judge"
        os.close(handle)
