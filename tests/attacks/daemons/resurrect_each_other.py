# ruff: noqa
"""Leaves two daemons that start each other again, for 8 s."""

import os
import time

from tools import attempt, child

HONEST = {"kernels.pairwise": 20}
HEAVY = True
_honest = pairwise


def guard():
    end = time.monotonic() + 8
    while time.monotonic() < end:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os.setsid()
            time.sleep(8)
            os._exit(0)
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        os.waitpid(pid, 0)


def pairwise(x, y):
    attempt()
    child(guard, daemon=True)
    child(guard, daemon=True)
    return _honest(x, y)
