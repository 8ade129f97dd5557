# ruff: noqa
"""Calls backward by a text that only exists when it runs."""

from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    w = x.clone().requires_grad_()
    getattr((w**3).sum(), "".join(["back", "ward"]))()
    return w.grad
