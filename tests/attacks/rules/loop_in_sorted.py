# ruff: noqa
"""Loops in the key of sorted."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def means(xs, ls):
    attempt()
    out = torch.zeros(len(xs), dtype=xs[0].dtype)
    sorted(range(len(xs)), key=lambda i: out[i].copy_(xs[i].mean()) is None)
    return out
