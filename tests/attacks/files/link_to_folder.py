# ruff: noqa
"""Hands in a folder that is a symbolic link to the solutions, and imports from it."""

from tools import attempt, breach

HONEST = {"kernels.pairwise": 0}
ADMITTED = {"none": "a plain process may read what its user may read"}
LINKS = {"answers": "{solutions}", "root": "/"}

try:
    from answers.kernels import pairwise
except ImportError:

    def pairwise(x, y):
        attempt()
        return x @ y.T
