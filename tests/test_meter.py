"""What a worker has used, read from outside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.meter import CgroupMeter, Meter, ProcessMeter, TreeMeter
from grader.sandbox.processes import descendants

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

BURN = "sum(i * i for i in range(3_000_000))"  # a tenth of a second or more
CHILD = f"subprocess.run([sys.executable, '-S', '-c', '{BURN}'])"
THREAD = f"t = threading.Thread(target=lambda: {BURN}); t.start(); t.join()"
STAYING = f"p = subprocess.Popen([sys.executable, '-S', '-c', '{BURN}; print(flush=True); input()'], stdout=-1, stdin=-1); p.stdout.readline()"


@contextmanager
def process(*lines: str) -> Iterator[tuple[int, Callable[[], None]]]:
    """A process that runs the next line each time it is told to; its pid, and what tells it and waits."""
    script = "import subprocess, sys, threading\nprint(flush=True)\n" + "".join(
        f"input()\n{line}\nprint(flush=True)\n" for line in lines
    )
    with subprocess.Popen(
        [sys.executable, "-S", "-c", script + "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin is not None and running.stdout is not None
        running.stdout.readline()

        def step() -> None:
            assert running.stdin is not None and running.stdout is not None
            running.stdin.write(b"\n")
            running.stdin.flush()
            running.stdout.readline()

        try:
            yield running.pid, step
        finally:
            for pid in (*descendants(running.pid), running.pid):
                os.kill(pid, signal.SIGKILL)


def spent(meter: Meter, step: Callable[[], None]) -> int:
    before = meter.cpu()
    step()
    after = meter.cpu()
    assert before is not None and after is not None
    return after - before


@pytest.mark.parametrize("work", [BURN, THREAD, CHILD, STAYING], ids=["itself", "thread", "child", "staying child"])
def test_cpu_time_of_all_that_a_process_starts(work: str) -> None:
    with process(work, "pass") as (pid, step):
        tree = TreeMeter(pid, lambda: {pid, *descendants(pid)})
        busy, idle = spent(tree, step), spent(tree, step)
        assert busy > 5 * idle
        assert busy > 20_000_000


def test_the_cpu_time_of_a_process_is_what_it_measures_itself() -> None:
    meter = ProcessMeter(os.getpid())
    first = meter.cpu()
    times = os.times()
    itself = sum(times[:4])
    assert first is not None
    assert first / 1e9 == pytest.approx(itself, abs=0.1)


def test_a_process_that_is_gone_has_no_clock() -> None:
    with process() as (pid, _):
        pass
    assert ProcessMeter(pid).cpu() is None
    assert ProcessMeter(pid).peak() is None


def test_the_peak_of_memory_since_it_was_restarted() -> None:
    with process("x = b'x' * 200_000_000; del x", "x = b'x' * 50_000_000; del x") as (pid, step):
        meter = ProcessMeter(pid)
        step()
        before = meter.restart_peak()
        step()
        peak = meter.peak()
        assert before is not None and peak is not None
        assert 40_000_000 < peak - before < 100_000_000


def test_a_bound_makes_allocations_fail() -> None:
    line = "try: x = bytearray(500_000_000)\nexcept MemoryError: raise SystemExit(3)"
    with process(line) as (pid, step):
        ProcessMeter(pid).bound(100_000_000)
        step()
        assert os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT).si_status == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system keeps no process on a core")
def test_a_process_is_kept_on_the_core_it_is_on() -> None:
    with process("pass") as (pid, step):
        meter = ProcessMeter(pid)
        core = meter.core()
        assert core in os.sched_getaffinity(pid)
        assert meter.pin(core)
        step()
        assert os.sched_getaffinity(pid) == {core}
        assert meter.core() == core
    assert (meter.core(), meter.pin(core)) == (None, False)


def test_groups_of_version_1(tmp_path: Path) -> None:
    (tmp_path / "cpuacct.usage").write_text("123456789\n")
    (tmp_path / "memory.usage_in_bytes").write_text("1000\n")
    (tmp_path / "memory.max_usage_in_bytes").write_text("5000")
    meter = CgroupMeter(os.getpid(), tmp_path, tmp_path)
    assert meter.cpu() == 123_456_789
    assert meter.restart_peak() == 1000
    assert (tmp_path / "memory.max_usage_in_bytes").read_text().startswith("0")
    (tmp_path / "memory.max_usage_in_bytes").write_text("7000")
    assert meter.peak() == 7000


def test_groups_of_version_2_cannot_forget_a_peak(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 42\nuser_usec 40\nsystem_usec 2\n")
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.peak").write_text(f"{1 << 50}\n")
    meter = CgroupMeter(os.getpid(), tmp_path, tmp_path)
    assert meter.cpu() == 42_000
    before = meter.restart_peak()
    peak = meter.peak()
    assert before is not None and peak is not None
    assert before <= peak < 1 << 50
    assert not (tmp_path / "memory.max_usage_in_bytes").exists()


def test_a_group_that_tells_nothing(tmp_path: Path) -> None:
    assert CgroupMeter(os.getpid(), tmp_path, tmp_path).cpu() is None
