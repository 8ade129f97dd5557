# ruff: noqa
"""Computes with a forbidden function in a thread, while the operations of another one are counted."""

from concurrent.futures import ThreadPoolExecutor

import torch
from tools import attempt

HONEST = {"kernels.gaps": 0}
VERDICTS = ("broke_rule",)


def gaps(a, b):
    attempt()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch._euclidean_dist, a, b).result() ** 2
