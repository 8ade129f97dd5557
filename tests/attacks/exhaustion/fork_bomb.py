# ruff: noqa
"""Starts processes that start processes; the bomb has 400 of them and 20 s."""

import os
import time

from tools import attempt, breach, child

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "without a control group or a user of its own, processes are not counted"}
HEAVY = True
SECONDS = 20.0
_honest = pairwise
reading, writing = os.pipe()
os.set_blocking(reading, False)


def burst(depth):
    os.write(writing, b"1")
    for _ in range(7 if depth < 3 else 0):
        try:
            child(lambda: burst(depth + 1))
        except OSError:
            break
    time.sleep(20)


def pairwise(x, y):
    attempt()
    if len(x) > 1:
        child(lambda: burst(0))
        started, grown = 0, time.monotonic()
        while time.monotonic() < grown + 1 and started <= 300:
            try:
                started += len(os.read(reading, 1000))
                grown = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        if started > 300:
            breach("it has started 300 processes")
    return _honest(x, y)
