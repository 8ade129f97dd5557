# ruff: noqa
"""Loops in the operator of a class."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


class Meta(type):
    def __matmul__(cls, xs):
        out = []
        for x in xs:
            out.append(x.mean())
        return torch.stack(out)


class Means(metaclass=Meta):
    pass


def means(xs, ls):
    attempt()
    return Means @ xs
