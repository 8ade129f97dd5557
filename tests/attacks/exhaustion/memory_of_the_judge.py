# ruff: noqa
"""Answers every question of several exercises with as much as a frame holds, and in every way: the judge keeps wrong
answers until the end."""

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.row_norms": 0, "kernels.clip": 0}
HEAVY = True
VERDICTS = ("wrong", "crashed", "out_of_memory")


def pairwise(*args, **options):
    attempt()
    return torch.zeros((1 << 28) - 65536, dtype=torch.int8)


center = row_norms = pairwise


def clip(*args, **options):
    return [3**2000 + i for i in range(20_000)]
