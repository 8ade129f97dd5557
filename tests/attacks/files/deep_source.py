# ruff: noqa
"""Hands in a source that is nested too deeply to be read."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
REPEATED = {"kernels.py": ["-(", 100_000]}
SILENT = "no code of its own is run"
