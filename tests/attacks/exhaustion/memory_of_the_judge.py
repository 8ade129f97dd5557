# ruff: noqa
"""Answers every question of every exercise with as much as a frame holds, and in every way: the judge keeps wrong
answers until the end."""

import torch
from tools import attempt

HONEST = {
    "kernels.pairwise": 0,
    "kernels.center": 0,
    "kernels.row_norms": 0,
    "kernels.clip": 0,
    "kernels.Momentum.step": 0,
}
HEAVY = True
VERDICTS = ("wrong", "crashed", "out_of_memory")


def _much(*args, **options):
    attempt()
    return torch.zeros((1 << 28) - 65536, dtype=torch.int8)


def _many(*args, **options):
    attempt()
    return [3**2000 + i for i in range(100_000)]


pairwise = center = _much
row_norms = _much
clip = _many


class Momentum:
    def __init__(self, *args, **options):
        self.step = _much
