# ruff: noqa
"""Answers a property with dtypes that torch itself can hardly compute with."""

import torch

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt

    attempt()
    return torch.zeros(x.shape, dtype=torch.bits8 if p else torch.uint16)
