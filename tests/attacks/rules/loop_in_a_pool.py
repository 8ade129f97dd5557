# ruff: noqa
"""Loops in a pool of threads."""

from concurrent.futures import ThreadPoolExecutor

import torch
from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)


def means(xs, ls):
    attempt()
    with ThreadPoolExecutor(1) as pool:
        return torch.stack(list(pool.map(torch.mean, xs)))
