# ruff: noqa
"""Closes every descriptor before it answers."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0}
_honest = pairwise


def pairwise(x, y):
    attempt()
    os.closerange(0, 4096)
    return _honest(x, y)
