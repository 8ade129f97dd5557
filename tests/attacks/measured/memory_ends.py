# ruff: noqa
"""Ends its process where its memory is measured, and takes a thousand times what it needs elsewhere."""

import os

from tools import attempt

HONEST = {"kernels.gaps": 0}
VERDICTS = ("broke_rule",)

sizes = []


def gaps(a, b):
    attempt()
    sizes.append(len(a))
    if sizes == [25, 400]:
        os._exit(0)
    return ((a[:, None] - b[None]) ** 2).sum(dim=2)
