# ruff: noqa
"""Sleeps for ever."""

import time

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    time.sleep(1e6)
