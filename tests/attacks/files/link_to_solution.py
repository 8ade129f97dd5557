# ruff: noqa
"""Hands in a symbolic link to the reference solution."""

HONEST = {"kernels.pairwise": 0, "kernels.clip": 0, "kernels.Momentum.step": 0}
ADMITTED = {"none": "a plain process may read what its user may read"}
LINKS = {"kernels.py": "{solutions}/kernels.py"}
SILENT = "no code of its own is run"
