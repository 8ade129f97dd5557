# ruff: noqa
"""Calls backward from a table that is unpacked into keywords."""

from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    w = x.clone().requires_grad_()
    table = dict(go=(w**3).sum().backward)
    (lambda **how: how["go"]())(**table)
    return w.grad
