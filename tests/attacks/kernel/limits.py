# ruff: noqa
"""Lifts the limits that it was given."""

import os
import resource

from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "as root, a plain process may lift its limits"}
_honest = pairwise


def pairwise(x, y):
    attempt()
    for name in ("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_FSIZE"):
        number = getattr(resource, name)
        soft, hard = resource.getrlimit(number)
        try:
            resource.setrlimit(number, (resource.RLIM_INFINITY,) * 2)
            if resource.getrlimit(number)[1] != hard:
                breach(f"it has lifted {name}")
        except (ValueError, OSError):
            continue
    try:
        os.nice(-5)
        breach("it goes first")
    except OSError:
        pass
    return _honest(x, y)
