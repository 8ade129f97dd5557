# ruff: noqa
"""Claims that its children are another, idle process, whose clock is read in their stead."""

import target
import torch
from grader import wire
from tools import attempt

HONEST = {"kernels.row_norms": 20}

Spawned = wire.Spawned
wire.Spawned = lambda pid: Spawned(target.BYSTANDER)


def row_norms(x):
    attempt()
    return torch.stack([(row * row).sum().sqrt() for row in x])
