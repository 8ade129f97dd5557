# ruff: noqa
"""Differentiates by a name that only exists when it runs."""

import torch
from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    return getattr(vars(torch)["fu" + "nc"], "".join(["gr", "ad"]))(lambda v: (v**3).sum())(x)
