# ruff: noqa
"""Answers a property with a tensor that does not fit its inputs, so that judging it fails."""

import torch

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt

    attempt()
    return torch.ones(3, dtype=x.dtype)
