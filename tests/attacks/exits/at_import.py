# ruff: noqa
"""Ends its process while it is imported, with success."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}
VERDICTS = ("crashed",)

attempt()
os._exit(0)
