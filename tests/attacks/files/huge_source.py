# ruff: noqa
"""Hands in a source of many megabytes."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
SECONDS = 5.0
REPEATED = {"kernels.py": ["x = [[[[1, 2], 3], 4], 5] + [lambda: (yield)]\n", 150_000]}
SILENT = "no code of its own is run in time"
