# ruff: noqa
"""Starts processes that start processes; the bomb has 300 of them and 20 s."""

import mmap
import time

from tools import attempt, breach, child

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "without a control group or a user of its own, processes are not counted"}
HEAVY = True
SECONDS = 4.0
_honest = pairwise
count = mmap.mmap(-1, 4096)


def burst(depth):
    for _ in range(3):
        if count.find(b"\0") > 300:
            return
        try:
            count[count.find(b"\0")] = 1
            child(lambda: burst(depth + 1))
        except OSError:
            return
    time.sleep(20)


def pairwise(x, y):
    attempt()
    child(lambda: burst(0))
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if count.find(b"\0") > 300:
            breach("it has started 300 processes")
            break
        time.sleep(0.01)
    return _honest(x, y)
