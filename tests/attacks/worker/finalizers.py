# ruff: noqa
"""Has objects do its work when they are thrown away: in the middle of the worker's own functions."""

import gc
import sys

from tools import attempt, instead_of_reply

HONEST = {"kernels.pairwise": 0}
SECONDS = 2.0


class Trap:
    def __init__(self):
        self.me = self

    def __del__(self):
        attempt()
        frame = sys._getframe(1)
        while frame is not None and "reply" not in frame.f_locals:
            frame = frame.f_back
        instead_of_reply(b"GRD1")


def pairwise(x, y):
    Trap()
    gc.set_threshold(100)
    return [[] for _ in range(1000)]
