# ruff: noqa
"""Leaves a daemon from an import that fails."""

import time

from tools import attempt, child

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}

attempt()
child(lambda: time.sleep(20), daemon=True)
raise ValueError("no import")
