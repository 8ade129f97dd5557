# ruff: noqa
"""Differentiates by the old name of torch.func."""

import functorch
from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    return functorch.grad(lambda v: (v**3).sum())(x)
