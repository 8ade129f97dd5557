# ruff: noqa
"""Leaves a daemon that ignores every signal, and asks not to be told of its parent's death."""

import signal
import time

from tools import attempt, child, libc

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def stay():
    libc().prctl(1, 0)  # PR_SET_PDEATHSIG
    libc().prctl(36, 0)  # PR_SET_CHILD_SUBREAPER
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGALRM}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    end = time.monotonic() + 15
    while time.monotonic() < end:
        time.sleep(0.1)


def pairwise(x, y):
    attempt()
    child(stay, daemon=True)
    return _honest(x, y)
