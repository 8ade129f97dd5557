# ruff: noqa
"""Kills every process that it may; only where it is walled off, since this is a test."""

import os
import signal

from tools import attempt, in_own_pid_namespace

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    try:
        os.kill(-1, signal.SIGKILL if in_own_pid_namespace() else 0)
    except OSError:
        pass
    return _honest(x, y)
