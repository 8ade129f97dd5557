# ruff: noqa
"""Fills memory from several processes, each within its own limit."""

import os
import time

from tools import attempt, breach, child

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}
LONG = True
ADMITTED = {"none": "without a control group, memory is limited by process"}
HEAVY = True
SECONDS = 20.0

attempt()
reading, writing = os.pipe()


def fill():
    os.close(reading)
    held = b"x" * (1 << 30)
    os.write(writing, b"1")
    time.sleep(20)


children = [child(fill) for _ in range(5)]
os.close(writing)
full = 0
while full < 5 and os.read(reading, 1):
    full += 1
time.sleep(1)  # for one that is being ended, to make room for another
if full == 5 and all(os.waitpid(pid, os.WNOHANG) == (0, 0) for pid in children):
    breach("it holds 5 GB")
raise ValueError
