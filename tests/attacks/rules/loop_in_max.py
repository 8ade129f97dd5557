# ruff: noqa
"""Loops in the key of max."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def means(xs, ls):
    attempt()
    out = torch.zeros(len(xs), dtype=xs[0].dtype)
    max(range(len(xs)), key=lambda i: float(out[i].copy_(xs[i].mean())))
    return out
