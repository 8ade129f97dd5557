# ruff: noqa
"""Answers with integers that take for ever to be printed, and floats at every edge."""

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}


def pairwise(x, y):
    attempt()
    return 1 << 13_000


def center(x):
    return [-(1 << 63) - 1, 1 << 64, 5e-324, -0.0, 1.7976931348623157e308, float("inf")]


class Momentum:
    def __init__(self, rate, decay):
        pass

    def step(self, w, gradient):
        return 1 << 10_000_000
