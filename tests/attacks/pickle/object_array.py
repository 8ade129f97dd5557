# ruff: noqa
"""Answers with a NumPy array of objects, which NumPy itself pickles."""

import os

import numpy as np
import target
from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}


class Payload:
    def __reduce__(self):
        return os.system, (f"touch /tmp/{target.MARKER}",)


def pairwise(x, y):
    attempt()
    return np.array([[Payload()] * len(y)] * len(x), dtype=object)


class Momentum:
    def __init__(self, rate, decay):
        pass

    def step(self, w, gradient):
        return np.zeros(4, dtype=[("a", "O"), ("b", "f8")])
