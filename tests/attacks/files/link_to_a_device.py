# ruff: noqa
"""Hands in symbolic links to devices without end."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
LINKS = {"kernels.py": "/dev/zero", "helper.py": "/dev/urandom"}
SILENT = "no code of its own is run"
