# ruff: noqa
"""Stops and kills a process of the judge's that has nothing to do with it."""

import os
import signal

import target
from tools import attempt

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may end its user's other processes"}

attempt()
for number in (signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(target.BYSTANDER, number)
    except OSError:
        continue
