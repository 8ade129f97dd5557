# ruff: noqa
"""Prints without end after it has answered."""

import os
import threading

from tools import attempt

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def flood():
    while True:
        os.write(1, b"x" * 65536)


def pairwise(x, y):
    attempt()
    threading.Thread(target=flood, daemon=True).start()
    return _honest(x, y)
