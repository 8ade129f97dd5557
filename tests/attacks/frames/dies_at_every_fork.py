# ruff: noqa
"""Is imported, and dies whenever it is to fork."""

import os

from tools import attempt, slow_import

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}

slow_import()
attempt()
os.fork = lambda: os._exit(0)
