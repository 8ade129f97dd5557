# ruff: noqa
"""Hands in a source in an encoding that nobody knows, with bytes that are no text."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
REPEATED = {"kernels.py": ["# -*- coding: \x1b[2J -*-\n\x00\x1b]0;title\x07\n", 3]}
SILENT = "no code of its own is run"
