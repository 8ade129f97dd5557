# ruff: noqa
"""Loops in the subscript of a class."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


class Means:
    def __class_getitem__(cls, xs):
        out = []
        for x in xs:
            out.append(x.mean())
        return torch.stack(out)


def means(xs, ls):
    attempt()
    return Means[xs]
