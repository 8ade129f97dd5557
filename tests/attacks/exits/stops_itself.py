# ruff: noqa
"""Stops its process, which then neither answers nor ends."""

import os
import signal

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    os.kill(os.getpid(), signal.SIGSTOP)
