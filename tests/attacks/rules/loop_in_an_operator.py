# ruff: noqa
"""Loops in the operator of an object."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


class Means:
    def __init__(self, xs):
        self.xs = xs

    def __matmul__(self, ls):
        out = []
        for x in self.xs:
            out.append(x.mean())
        return torch.stack(out)


def means(xs, ls):
    attempt()
    return Means(xs) @ ls
