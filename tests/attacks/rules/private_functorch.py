# ruff: noqa
"""Differentiates by the private module that torch.func is made of."""

from torch._functorch.eager_transforms import vjp
from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    return vjp(lambda v: (v**3).sum(), x)[1](x.sum() * 0 + 1)[0]
