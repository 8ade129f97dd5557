# ruff: noqa
"""Sleeps where its memory is measured, and takes a thousand times what it needs elsewhere."""

import time

from tools import attempt

HONEST = {"kernels.gaps": 0}
VERDICTS = ("broke_rule",)
SECONDS = 2.0

sizes = []


def gaps(a, b):
    attempt()
    sizes.append(len(a))
    if sizes == [25, 400]:
        time.sleep(60)
    return ((a[:, None] - b[None]) ** 2).sum(dim=2)
