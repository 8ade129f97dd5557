# ruff: noqa
"""Hands in a symbolic link to the system's list of users, to have it quoted."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
LINKS = {"kernels.py": "/etc/passwd"}
SILENT = "no code of its own is run"
