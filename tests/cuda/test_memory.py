"""A submission's memory on the GPU: free again when it has ended, and empty of what others have computed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from grader.judge import Options
from grader.result import Verdict
from tests.conftest import Grade, one
from tests.cuda.test_attacks import KERNELS

pytestmark = pytest.mark.usefixtures("trusted")

SUMS = Options(device="cuda", exercises=("kernels.sums",), timed=False)
CANARY = 0x5EC2E7
SLACK = 256 << 20  # bytes that a driver may keep for itself

FREE = "import torch; print(torch.cuda.mem_get_info()[0])"

# Takes most of what is free and looks for the canary in it, as it comes.
LOOK = """
import json, torch
taken, found, looked = [], 0, 0
free = torch.cuda.mem_get_info()[0]
while looked < 0.9 * free:
    size = min(1 << 30, int(0.9 * free) - looked) // 4096 * 4096
    if size < 4096: break
    taken.append(torch.empty(size // 4, dtype=torch.int32, device="cuda"))
    found += int((taken[-1] == {canary}).sum())
    looked += size
print(json.dumps([found, looked, free]))
"""

LEAVE = "torch.full((1 << 30,), {canary}, dtype=torch.int32, device='cuda'); return work(x, w)"

# The same look must find what the same process has left, or it shows nothing.
CONTROL = """
import torch
left = torch.full((1 << 28,), {canary}, dtype=torch.int32, device="cuda")
torch.cuda.synchronize()
del left
print(int((torch.empty(1 << 28, dtype=torch.int32, device="cuda") == {canary}).sum()))
"""


def ran(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_memory_is_free_again_after_a_submission(grade_kernels: Grade) -> None:
    before = int(ran(FREE))
    hold = "kept = []\ndef hold(): kept.append(torch.ones(1 << 30, dtype=torch.float32, device='cuda'))"
    told = one(grade_kernels(KERNELS.format(top=hold, body="hold(); return work(x, w)"), SUMS), "sums")
    assert told.verdict is Verdict.RIGHT, told
    assert before - int(ran(FREE)) < SLACK


def test_a_look_finds_what_is_there() -> None:
    """A positive control, within one process."""
    assert int(ran(CONTROL.format(canary=CANARY))) > 0


@pytest.mark.parametrize("times", [1, 2])
def test_nothing_of_an_earlier_submission_is_left_in_fresh_memory(times: int, grade_kernels: Grade) -> None:
    for _ in range(times):
        told = one(grade_kernels(KERNELS.format(top="", body=LEAVE.format(canary=CANARY)), SUMS), "sums")
        assert told.verdict is Verdict.RIGHT, told
    found, looked, free = json.loads(ran(LOOK.format(canary=CANARY)))
    assert looked > 0.8 * free
    assert found == 0, f"{found:,} entries of another submission's are left"


def test_nothing_of_the_reference_is_left_for_a_submission(grade_kernels: Grade) -> None:
    """The reference has answered the timed questions on the GPU when a submission is asked them: that one looks for
    anything but zeros in memory that nobody has written to since."""
    body = """if x.shape[0] > 100:
        left = int((torch.empty(1 << 30, dtype=torch.float32, device=x.device) != 0).sum())
        assert not left, f"{left} entries of somebody else's"
    return work(x, w)"""
    timed = Options(device="cuda", exercises=("kernels.sums",))
    told = one(grade_kernels(KERNELS.replace("{body}", body).replace("{top}", ""), timed), "sums")
    assert "somebody else's" not in (told.sentence or ""), told
    assert told.speed is not None, f"it was not asked: {told}"


def test_it_would_be_told_if_something_were_left(grade_kernels: Grade) -> None:
    """A positive control: the same look at memory that is not empty."""
    body = """if x.shape[0] > 100:
        left = int((torch.ones(1 << 20, dtype=torch.float32, device=x.device) != 0).sum())
        assert not left, f"{left} entries of somebody else's"
    return work(x, w)"""
    timed = Options(device="cuda", exercises=("kernels.sums",))
    told = one(grade_kernels(KERNELS.replace("{body}", body).replace("{top}", ""), timed), "sums")
    assert "somebody else's" in (told.sentence or ""), told
