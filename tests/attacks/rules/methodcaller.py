# ruff: noqa
"""Calls backward through operator.methodcaller."""

import operator

from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    w = x.clone().requires_grad_()
    operator.methodcaller("backward")((w**3).sum())
    return w.grad
