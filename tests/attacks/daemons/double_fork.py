# ruff: noqa
"""Leaves a daemon: two forks, a session of its own."""

import time

from tools import attempt, child

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    child(lambda: time.sleep(20), daemon=True)
    return _honest(x, y)
