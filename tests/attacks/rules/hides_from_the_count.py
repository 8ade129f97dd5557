# ruff: noqa
"""Behaves while its operations are counted, and not otherwise."""

import torch
from tools import attempt
from torch.utils._python_dispatch import _get_current_dispatch_mode

HONEST = {"kernels.clip": 0}
ADMITTED = {
    "none": "perhaps: what is counted beside a submission may explain a verdict, and proves nothing",
    "user": "perhaps: what is counted beside a submission may explain a verdict, and proves nothing",
    "cold": "perhaps: what is counted beside a submission may explain a verdict, and proves nothing",
    "warm": "perhaps: what is counted beside a submission may explain a verdict, and proves nothing",
}


def clip(x, low, high):
    attempt()
    if _get_current_dispatch_mode() is not None:
        return torch.minimum(torch.maximum(x, torch.full_like(x, low)), torch.full_like(x, high))
    return vars(torch)["cla" + "mp"](x, low, high)
