# ruff: noqa
"""Leaves a daemon that keeps the socket and the pipe, and answers there when it is not asked any more."""

import time

import torch
from tools import answer, attempt, child, sockets

HONEST = {"kernels.pairwise": 0}


def pairwise(x, y):
    attempt()
    data = answer(distances=torch.zeros(1, 2, dtype=x.dtype))

    def speak():
        for _ in range(100):
            time.sleep(0.02)
            for sock in sockets():
                sock.send(data)
            print("x1: 100 of 100 points", flush=True)

    child(speak, daemon=True)
    return x
