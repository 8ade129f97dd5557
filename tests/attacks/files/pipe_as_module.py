# ruff: noqa
"""Hands in a named pipe instead of a module: whoever opens it waits for ever."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
FIFOS = ("kernels.py",)
SECONDS = 2.0
SILENT = "no code of its own is run"
