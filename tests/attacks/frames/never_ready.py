# ruff: noqa
"""Forks children that never say that they are ready."""

import os
import time

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}
SECONDS = 1.0


def slow_import():
    """One that is quick to import is asked without a fork, where it was imported."""
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass


slow_import()
attempt()
fork = os.fork


def slow_fork():
    pid = fork()
    while pid == 0:
        time.sleep(1)
    return pid


os.fork = slow_fork
