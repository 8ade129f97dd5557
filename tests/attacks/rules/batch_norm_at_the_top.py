# ruff: noqa
"""Takes the layer that torch offers at its top too."""

import torch
from tools import attempt

HONEST = {"kernels.standardize": 0}
VERDICTS = ("broke_rule",)


def standardize(x):
    attempt()
    return torch.batch_norm(x, None, None, None, None, True, 0.1, 0.0, False)
