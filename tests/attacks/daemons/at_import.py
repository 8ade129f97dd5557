# ruff: noqa
"""Leaves a daemon when it is imported, and one from each exercise."""

import time

from tools import attempt, child

HONEST = {"kernels.pairwise": 20}
_honest = pairwise

attempt()
child(lambda: time.sleep(20), daemon=True)


def pairwise(x, y):
    child(lambda: time.sleep(20), daemon=True)
    return _honest(x, y)
