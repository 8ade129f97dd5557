# ruff: noqa
"""Starts as many threads as it can, each of which computes."""

import threading

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 20}
HEAVY = True
_honest = pairwise


def burn():
    x = torch.ones(50, 50)
    for _ in range(2000):
        x = (x @ x).clamp(0, 1)


def pairwise(x, y):
    attempt()
    try:
        for _ in range(150):
            threading.Thread(target=burn, daemon=True).start()
    except RuntimeError:
        pass
    return _honest(x, y)
