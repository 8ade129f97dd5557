# ruff: noqa
"""Loops in a function that is handed itself."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def means(xs, ls):
    attempt()
    out = torch.zeros(len(xs), dtype=xs[0].dtype)

    def step(again, i):
        if i < len(xs):
            out[i] = xs[i].mean()
            again(again, i + 1)

    step(step, 0)
    return out
