# ruff: noqa
"""Fills memory with Python's own objects."""

from tools import attempt, breach

HONEST = {"kernels.pairwise": 0}
LONG = True
HEAVY = True
SECONDS = 20.0


def pairwise(x, y):
    if len(x) == 1:
        return x
    attempt()
    held = []
    while len(held) < 28:
        held.append(b"x" * (1 << 28))
    breach("it holds 7 GB")
