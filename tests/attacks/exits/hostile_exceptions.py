# ruff: noqa
"""Raises exceptions whose fields are not what they should be, to break whoever explains them."""

import random

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}


class NoText(Exception):
    def __str__(self):
        return 5


def pairwise(x, y):
    attempt()
    raise ModuleNotFoundError("gone", name=["\x1b[2J"] * 3)


class Momentum:
    def __init__(self, rate, decay):
        error = SyntaxError("odd")
        error.lineno, error.msg, error.filename = "many", ["\x1b[2J"], object()
        raise error


def center(x):
    raise NoText from BaseExceptionGroup("group", [NoText(), KeyboardInterrupt()])
