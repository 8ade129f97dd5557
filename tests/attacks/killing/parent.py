# ruff: noqa
"""Kills its parent."""

import os
import signal

import target
from tools import attempt, in_own_pid_namespace, read

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may end its user's other processes"}
_honest = pairwise


def pairwise(x, y):
    attempt()
    parent = os.getppid()
    if parent and (in_own_pid_namespace() or b"grader" in read(f"/proc/{parent}/cmdline")) and parent != target.JUDGE:
        try:
            os.kill(parent, signal.SIGKILL)
        except OSError:
            pass
    return _honest(x, y)
