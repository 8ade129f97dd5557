# ruff: noqa
"""Spoils, in one exercise, the modules that the next one uses."""

import sys

import torch
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
_honest = pairwise
seen = []


def pairwise(x, y):
    attempt()
    if hasattr(torch, "left_behind") and not seen:
        breach("it has found what an earlier submission has left")
    answer = _honest(x, y)
    seen.append(1)
    torch.left_behind = True
    torch.Tensor.__mul__ = torch.Tensor.__sub__ = torch.where = None
    sys.modules[__name__].Momentum = None
    torch.set_default_dtype(torch.float16)
    torch.set_num_threads(7)
    torch.set_grad_enabled(False)
    return answer


class Later(Momentum):
    def step(self, w, gradient):
        if seen or hasattr(torch, "left_behind"):
            breach("an earlier exercise is to be seen")
        return super().step(w, gradient)


Momentum = Later
