# ruff: noqa
"""Hands in a symbolic link to the memory of whoever opens it."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
LINKS = {"kernels.py": "/proc/self/environ"}
SILENT = "no code of its own is run"
