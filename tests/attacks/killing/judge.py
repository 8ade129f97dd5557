# ruff: noqa
"""Signals the judge, by every system call that sends a signal."""

import os
import signal

import target
from tools import attempt, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may signal its user's other processes"}

attempt()
for send in (
    lambda: os.kill(target.JUDGE, signal.SIGUSR1),
    lambda: signal.pidfd_send_signal(os.pidfd_open(target.JUDGE), signal.SIGUSR1),
    lambda: libc().syscall(234, target.JUDGE, target.JUDGE, signal.SIGUSR1),
    lambda: libc().sigqueue(target.JUDGE, int(signal.SIGUSR1), 0),
):
    try:
        send()
    except (OSError, AttributeError):
        continue
