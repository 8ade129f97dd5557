# ruff: noqa
"""Lifts the recursion limit and overflows the stack of the interpreter."""

import sys

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 5.0


def pairwise(x, y):
    if isinstance(x, int) and x % 10_000:
        return pairwise(x + 1, y)
    if not isinstance(x, int):
        attempt()
        sys.setrecursionlimit(1 << 30)
        x = 1
    return [pairwise(x + 1, y) for _ in range(1)]
