# ruff: noqa
"""Raises, prints and answers texts of many megabytes."""

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0, "kernels.center": 0}


def pairwise(x, y):
    attempt()
    print("p" * 30_000_000)
    raise ValueError("e" * 30_000_000)


class Momentum:
    def __init__(self, rate, decay):
        pass

    def step(self, w, gradient):
        return "t" * (1 << 20)


def center(x):
    return {f"{i}" * 1000: ["t" * 1000] for i in range(1000)}
