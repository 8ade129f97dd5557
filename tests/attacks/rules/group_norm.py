# ruff: noqa
"""Takes another layer for the one that is forbidden."""

import torch
from tools import attempt

HONEST = {"kernels.standardize": 0}
VERDICTS = ("broke_rule",)


def standardize(x):
    attempt()
    return torch.group_norm(x.T[None], x.shape[1], None, None, 0.0)[0].T
