# ruff: noqa
"""Computes fast and sleeps long, for which no processor time is charged."""

import time

from tools import attempt

HONEST = {"kernels.row_norms": 20}


def row_norms(x):
    attempt()
    if len(x) > 100:
        time.sleep(0.3)
    return (x * x).sum(1).sqrt()
