# ruff: noqa
"""Fills memory from several processes, each within its own limit."""

import os
import time

from tools import attempt, breach, child

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}
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


for _ in range(5):
    child(fill)
os.close(writing)
full = 0
while full < 5 and os.read(reading, 1):
    full += 1
if full == 5:
    breach("it holds 5 GB")
raise ValueError
