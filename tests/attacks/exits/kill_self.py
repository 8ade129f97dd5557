# ruff: noqa
"""Kills its own process."""

import os
import signal

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed", "out_of_memory")


def pairwise(x, y):
    attempt()
    os.kill(os.getpid(), signal.SIGKILL)
