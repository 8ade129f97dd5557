# ruff: noqa
"""Raises an exit that lies about its class, its code and its text."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed",)


class Success(SystemExit):
    code = 0
    __str__ = __repr__ = lambda self: "100 points"


def pairwise(x, y):
    attempt()
    raise Success
