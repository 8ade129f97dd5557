# ruff: noqa
"""Loops where a manager is entered."""

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


class Means:
    def __init__(self, xs):
        self.xs = xs

    def __exit__(self, *error):
        pass

    def __enter__(self):
        out = []
        for x in self.xs:
            out.append(x.mean())
        return torch.stack(out)


def means(xs, ls):
    attempt()
    with Means(xs) as out:
        return out
