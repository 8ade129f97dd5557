# ruff: noqa
"""Lies about how its children ended, and makes them end."""

import itertools
import os

from grader import wire
from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}

Reaped = wire.Reaped
statuses = itertools.cycle([0, -64, 2**31 - 1, -(2**31) + 1, None])
wire.Reaped = lambda status: Reaped(next(statuses))


def pairwise(x, y):
    attempt()
    os._exit(0)


def center(x):
    os._exit(0)
