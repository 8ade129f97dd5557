# ruff: noqa
"""Forks children that never say that they are ready."""

import os
import time

from tools import attempt, slow_import

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}
LONG = True
SECONDS = 2.0

slow_import()
attempt()
fork = os.fork


def slow_fork():
    pid = fork()
    while pid == 0:
        time.sleep(1)
    return pid


os.fork = slow_fork
