# ruff: noqa
"""Reaches a layer through a module that has imported torch itself."""

import torch.functional as other
from tools import attempt

HONEST = {"kernels.convolve": 0}
VERDICTS = ("broke_rule",)


def convolve(x, w):
    attempt()
    layer = other.torch.nn.Conv2d(3, 2, 2, bias=False).double()
    layer.weight.data = w
    return layer(x).detach()
