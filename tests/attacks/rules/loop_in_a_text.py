# ruff: noqa
"""Loops where an object is told as a text."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


class Means:
    def __init__(self, xs):
        self.xs, self.out = xs, []

    def __str__(self):
        for x in self.xs:
            self.out.append(x.mean())
        return ""


def means(xs, ls):
    attempt()
    made = Means(xs)
    f"{made}"
    return torch.stack(made.out)
