# ruff: noqa
"""Hands the function that is read another default."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def _right(xs, ls):
    return torch.stack([xs[0].mean(), xs[1].mean(), xs[2].mean()])


def _cheat(xs, ls):
    attempt()
    return torch.stack([x.mean() for x in xs])


def means(xs, ls, how=_right):
    return how(xs, ls)


means.__defaults__ = (_cheat,)
