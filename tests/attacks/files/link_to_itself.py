# ruff: noqa
"""Hands in a symbolic link that leads to itself, and folders that lead in circles."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
LINKS = {"kernels.py": "kernels.py", "round": ".", "and_round": "round/round"}
SILENT = "no code of its own is run"
