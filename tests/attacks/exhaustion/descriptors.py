# ruff: noqa
"""Opens as many files as it can."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 20}
_honest = pairwise
held = []


def pairwise(x, y):
    attempt()
    try:
        while len(held) < 200_000:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    while len(held) > 100:
        os.close(held.pop())
    return _honest(x, y)
