# ruff: noqa
"""Aborts, with a core dump as large as it may be."""

import os
import resource

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed",)


def pairwise(x, y):
    attempt()
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError):
        pass
    os.abort()
