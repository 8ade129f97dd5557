# ruff: noqa
"""Binds the function anew through sys.modules."""

import sys

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def _cheat(xs, ls):
    attempt()
    return torch.stack([x.mean() for x in xs])


setattr(sys.modules[__name__], "means", _cheat)
