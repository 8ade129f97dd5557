# ruff: noqa
"""Is imported, and dies whenever it is to fork."""

import os
import time

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}


def slow_import():
    """One that is quick to import is asked without a fork, where it was imported."""
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass


slow_import()
attempt()
os.fork = lambda: os._exit(0)
