# ruff: noqa
"""Binds the function anew through globals()."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def _cheat(xs, ls):
    attempt()
    return torch.stack([x.mean() for x in xs])


globals()["means"] = _cheat
