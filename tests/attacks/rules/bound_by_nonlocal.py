# ruff: noqa
"""Binds a helper anew in a function of the function."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def _cheat(xs, ls):
    attempt()
    return torch.stack([x.mean() for x in xs])


def means(xs, ls):
    how = len

    def put():
        nonlocal how
        how = _cheat

    put()
    return how(xs, ls)
