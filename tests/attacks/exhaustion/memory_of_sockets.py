# ruff: noqa
"""Fills memory that belongs to no process, so that the system ends the largest one: the one that all others are forked
from."""

import os
import socket
import time

import torch
from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 10}  # which is asked where there may be no memory yet
LONG = True
HEAVY = True
SECONDS = 20.0
VERDICTS = ("out_of_memory", "crashed", "timed_out")


def _fill():
    held = []
    for _ in range(110):
        one, other = socket.socketpair()
        one.setblocking(False)
        held.append((one, other))
        try:
            while True:
                one.send(b"x" * 60_000)
        except BlockingIOError:
            pass
    time.sleep(15)
    os._exit(0)


def pairwise(x, y):
    attempt()
    for _ in range(235):
        try:
            if os.fork() == 0:
                _fill()
        except OSError:
            break
    time.sleep(10)
    return x.new_zeros(1)
