# ruff: noqa
"""Reads where nothing is."""

import ctypes

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed",)


def pairwise(x, y):
    attempt()
    ctypes.string_at(8)
