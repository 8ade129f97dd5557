# ruff: noqa
"""Is a process that ends as soon as it has started its successor, faster than it can be killed; for 8 s."""

import os
import time

from tools import attempt, child

HONEST = {"kernels.pairwise": 20}
HEAVY = True
_honest = pairwise


def chain():
    end = time.monotonic() + 8
    while time.monotonic() < end:
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            continue
        os.setsid()


def pairwise(x, y):
    attempt()
    child(chain, daemon=True)
    return _honest(x, y)
