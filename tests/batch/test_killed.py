"""kill -9 at twenty random moments: nothing is lost, nothing is graded twice, nobody gets less for it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.batch import BatchError
from grader.course import Assignment
from grader.sandbox.processes import _children, descendants
from tests.batch.classroom import HALF, entries, grade_all, hand_in, results
from tests.conftest import ROOT, TOY
from tests.engine.dask_cluster import cluster

MOMENTS = 20
LEVELS = ["none", "warm"]


def children(kind: str) -> list[int]:
    """This process's: `root`, those it has started itself (nurseries, launchers); `below`, all that descend from them."""
    roots = set(_children(os.getpid()))
    return sorted(roots if kind == "root" else descendants(os.getpid()) - roots)


@contextmanager
def killing(kind: str, kills: list[int]) -> Iterator[None]:
    """Meanwhile, processes of a kind are killed at random moments."""
    done = threading.Event()

    def kill() -> None:
        while len(kills) < MOMENTS and not done.wait(random.uniform(0.2, 1.5)):
            found = children(kind)
            if found:
                victim = random.choice(found)
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                kills.append(victim)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["root", "below"])
def test_workers_zygotes_and_references_are_killed(kind: str, level: str, toy: Assignment, tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(40)]
    for name in names:
        hand_in(tmp_path / "in", name, chance=None)
    kills: list[int] = []
    with killing(kind, kills):
        while len(kills) < MOMENTS:  # what is graded once is not graded again, so this may take several classes
            out = tmp_path / f"out{len(kills)}"
            with contextlib.suppress(BatchError):  # where the sandbox was killed time and again while it was tried
                grade_all(toy, tmp_path / "in", out, jobs=2, levels=(level,))
            for entry in entries(out).values():
                assert entry.result is None or entry.result.points == HALF, entry
                assert entry.problem is None
            grade_all_again(toy, tmp_path / "in", out, level)
            assert set(results(out).values()) <= {0, 1}
    grade_all(toy, tmp_path / "in", out, retry_faults=True, levels=(level,))
    assert results(out) == dict.fromkeys(names, 1)
    assert {entry.result.points for entry in entries(out).values()} == {HALF}


def grade_all_again(toy: Assignment, submissions: Path, out: Path, level: str) -> None:
    """What the grader has failed at, once more."""
    with contextlib.suppress(BatchError):
        grade_all(toy, submissions, out, retry_faults=True, jobs=2, levels=(level,))


@pytest.mark.parametrize("level", LEVELS)
def test_the_batch_itself_is_killed(level: str, tmp_path: Path) -> None:
    names = [f"s{number:03}" for number in range(60)]
    for name in names:
        hand_in(tmp_path / "in", name, chance=None)
    how = ["--no-sandbox"] if level == "none" else ["--sandbox", level]
    command = [sys.executable, "-m", "grader.cli", "batch", "t1", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    command += ["--jobs", "2", "--untimed", "--resume", *how]
    environment = {**os.environ, "GRADER_COURSE": str(TOY)}
    for _ in range(MOMENTS):
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=random.uniform(0.5, 8))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert results(tmp_path / "out") == dict.fromkeys(names, 1)
    found = entries(tmp_path / "out").values()
    assert {entry.result.points for entry in found} == {HALF}
    assert not any(entry.fault or entry.problem for entry in found)


def test_dask_workers_are_killed(toy: Assignment, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="grader[cluster] is not installed")
    names = [f"s{number:02}" for number in range(40)]
    for name in names:
        hand_in(tmp_path / "in", name, chance=None)
    done, kills = threading.Event(), []

    def kill(client) -> None:
        while len(kills) < MOMENTS and not done.wait(random.uniform(0.5, 4)):
            pids = list(client.run(os.getpid, on_error="ignore").values())
            if len(pids) == 2:  # while the other one is being started again, nothing would be graded
                kills.append(random.choice(pids))
                os.kill(kills[-1], signal.SIGKILL)

    (tmp_path / "dask").mkdir()
    with cluster(tmp_path / "dask") as address:
        how = dict(engine=f"dask://{address}", levels=("none",), jobs=2)
        with distributed.Client(f"tcp://{address}", set_as_default=False) as client:
            thread = threading.Thread(target=kill, args=(client,))
            thread.start()
            try:
                grade_all(toy, tmp_path / "in", tmp_path / "out", **how)
            finally:
                done.set()
                thread.join()
            assert kills
            client.wait_for_workers(2, timeout=120)
        for entry in entries(tmp_path / "out").values():
            assert entry.problem is None
            assert entry.result is None or entry.result.points == HALF
        grade_all(toy, tmp_path / "in", tmp_path / "out", retry_faults=True, **how)
    assert results(tmp_path / "out") == dict.fromkeys(names, 1)
    assert {entry.result.points for entry in entries(tmp_path / "out").values()} == {HALF}
