# ruff: noqa
"""Answers as much as is allowed, to every question."""

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 0}
HEAVY = True


def pairwise(x, y):
    attempt()
    return torch.zeros(256 << 20, dtype=torch.uint8)
