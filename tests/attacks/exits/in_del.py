# ruff: noqa
"""Exits when its answer is thrown away, with a half-sent answer of its own."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 0}


class Answer:
    def __del__(self):
        attempt()
        os._exit(0)


def pairwise(x, y):
    return Answer()
