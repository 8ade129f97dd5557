# ruff: noqa
"""Answers with complex numbers, whose real part alone is right."""

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 0}
_honest = pairwise


def pairwise(x, y):
    attempt()
    real = _honest(x, y)
    return torch.complex(real, torch.full_like(real, float("nan")))
