# ruff: noqa
"""Starts many processes, and leaves them."""

import time

from tools import attempt, child

HONEST = {"kernels.pairwise": 20}
HEAVY = True
_honest = pairwise


def pairwise(x, y):
    attempt()
    try:
        for _ in range(30):
            child(lambda: time.sleep(20))
    except OSError:
        pass
    return _honest(x, y)
