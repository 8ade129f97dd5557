# ruff: noqa
"""Sends its right answer one byte at a time."""

import time

from tools import answer, attempt, sockets

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    (sock, *_) = sockets()
    sock.setblocking(True)
    for byte in answer(distances=((x[:, None] - y[None]) ** 2).sum(-1)):
        sock.send(bytes([byte]))
        time.sleep(0.02)
