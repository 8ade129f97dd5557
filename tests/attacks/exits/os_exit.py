# ruff: noqa
"""Ends its process at once, with success."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed",)


def pairwise(x, y):
    attempt()
    os._exit(0)
