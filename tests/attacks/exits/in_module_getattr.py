# ruff: noqa
"""Has a module whose missing names exit."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0}
del pairwise


def __getattr__(name):
    if name == "pairwise":
        attempt()
        os._exit(0)
    raise AttributeError(name)
