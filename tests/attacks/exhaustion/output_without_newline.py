# ruff: noqa
"""Writes to both streams at once without end, and never a line."""

import os
import threading

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 8.0
VERDICTS = ("crashed", "timed_out")


def flood(fd):
    while True:
        os.write(fd, b"\xff\x00\x1b" * 20_000)


def pairwise(x, y):
    attempt()
    threading.Thread(target=flood, args=(2,), daemon=True).start()
    flood(1)
