# ruff: noqa
"""Kills its own process group, to which others may belong."""

import os
import signal

from tools import attempt

HONEST = {"kernels.pairwise": 0}
ADMITTED = {"none": "all plain workers are in one process group"}


def pairwise(x, y):
    attempt()
    os.killpg(0, signal.SIGKILL)
