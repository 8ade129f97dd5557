# ruff: noqa
"""Answers more than is allowed."""

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 0}
HEAVY = True


def pairwise(x, y):
    attempt()
    return torch.zeros((256 << 20) + 1, dtype=torch.uint8)
