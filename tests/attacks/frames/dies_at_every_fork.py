# ruff: noqa
"""Is imported, and dies whenever it is to fork."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}

attempt()
os.fork = lambda: os._exit(0)
