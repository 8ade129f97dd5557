# ruff: noqa
"""Answers a property with as much as a frame may hold, so that judging it takes all time and memory."""

import torch

MODULE = "chance"
HONEST = {"chance.drop": 0}
HEAVY = True


def drop(x, p):
    from tools import attempt

    attempt()
    return torch.zeros(31_000_000, dtype=torch.float64)
