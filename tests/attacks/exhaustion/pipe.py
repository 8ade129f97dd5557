# ruff: noqa
"""Enlarges its output pipe as far as it goes, fills it and lets nobody else write."""

import fcntl
import os

from tools import attempt

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    try:
        fcntl.fcntl(1, 1031, 1 << 20)  # F_SETPIPE_SZ
    except OSError:
        pass
    os.set_blocking(1, False)
    try:
        while True:
            os.write(1, b"x" * 4096)
    except OSError:
        pass
    return _honest(x, y)
