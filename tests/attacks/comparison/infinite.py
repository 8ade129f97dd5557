# ruff: noqa
"""Answers infinities of both signs."""

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 0}


def pairwise(x, y):
    attempt()
    answer = torch.full((len(x), len(y)), float("inf"), dtype=x.dtype)
    answer[0] = -answer[0]
    return answer
