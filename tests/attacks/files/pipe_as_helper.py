# ruff: noqa
"""Imports a named pipe, which waits for ever."""

from tools import attempt

HONEST = {"kernels.pairwise": 20, "kernels.clip": 10, "kernels.Momentum.step": 10}
FIFOS = ("helper.py",)
SECONDS = 1.5

attempt()
import helper
