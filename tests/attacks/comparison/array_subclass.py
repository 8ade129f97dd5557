# ruff: noqa
"""Answers with a NumPy array for which every operation gives zero."""

import numpy as np
from tools import attempt

HONEST = {"kernels.pairwise": 0}


class Zero(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        return np.zeros(self.shape)

    def __array_function__(self, *args, **kwargs):
        return np.bool_(True)


def pairwise(x, y):
    attempt()
    return np.ones((len(x), len(y))).view(Zero)
