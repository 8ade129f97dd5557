# ruff: noqa
"""Loops in iter with an end."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def means(xs, ls):
    attempt()
    rest = list(xs)
    return torch.stack(list(iter(lambda: rest.pop(0).mean() if rest else None, None)))
