# ruff: noqa
"""Leaves a process whose parent is not itself but its own parent, and one that shares its memory."""

import os
import time

from tools import attempt, libc, mark

HONEST = {"kernels.pairwise": 20}
_honest = pairwise
CLONE_PARENT, SIGCHLD = 0x8000, 17


def pairwise(x, y):
    attempt()
    if libc().syscall(56, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0:
        mark()
        os.setsid()
        time.sleep(20)
        os._exit(0)
    return _honest(x, y)
