# ruff: noqa
"""Prints without end."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 8.0
VERDICTS = ("crashed", "timed_out")


def pairwise(x, y):
    attempt()
    while True:
        print("x" * 1000)
