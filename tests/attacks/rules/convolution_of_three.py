# ruff: noqa
"""Takes the convolution of another dimension."""

import torch
from tools import attempt

HONEST = {"kernels.convolve": 0}
VERDICTS = ("broke_rule",)


def convolve(x, w):
    attempt()
    return torch.conv3d(x[:, :, None], w[:, :, None])[:, :, 0]
