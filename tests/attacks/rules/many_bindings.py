# ruff: noqa
"""Binds a name sixty times before it binds it to backward."""

from tools import attempt

HONEST = {"kernels.slope": 0}
VERDICTS = ("broke_rule",)


def slope(x):
    attempt()
    w = x.clone().requires_grad_()

    def run():
        go()

    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = abs
    go = (w**3).sum().backward
    run()
    return w.grad
