# ruff: noqa
"""Prints without end while it is imported."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}
SECONDS = 8.0

attempt()
while True:
    os.write(1, b"x" * 65536)
