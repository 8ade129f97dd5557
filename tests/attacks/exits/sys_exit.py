# ruff: noqa
"""Exits with success."""

import sys

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed",)


def pairwise(x, y):
    attempt()
    sys.exit(0)
