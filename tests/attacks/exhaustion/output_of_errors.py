# ruff: noqa
"""Writes to standard error without end."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 8.0
VERDICTS = ("crashed", "timed_out")


def pairwise(x, y):
    attempt()
    while True:
        os.write(2, b"error\n" * 10_000)
