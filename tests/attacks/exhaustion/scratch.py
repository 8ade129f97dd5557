# ruff: noqa
"""Writes as much as it can to its folders."""

import os
import tempfile

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "what is written is not counted"}
SECONDS = 20.0
HEAVY = True
_honest = pairwise


def pairwise(x, y):
    attempt()
    page, written = b"x" * (1 << 24), 0
    for folder in (os.getcwd(), tempfile.gettempdir(), "/dev/shm", "/var/tmp"):
        try:
            with open(f"{folder}/{target.MARKER}", "wb", 0) as file:
                while written < 600 << 20:
                    written += file.write(page)
        except OSError:
            continue
    if written >= 600 << 20:
        breach("it has written 600 MB")
    return _honest(x, y)
