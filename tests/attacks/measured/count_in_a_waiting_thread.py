# ruff: noqa
"""Computes with a forbidden function in a thread that waits since the module was imported."""

from queue import Queue
from threading import Thread

import torch
from tools import attempt

HONEST = {"kernels.gaps": 0}
LONG = True
ADMITTED = {
    "none": "perhaps: operations are counted in the thread that is asked, and in those that it starts",
    "user": "perhaps: operations are counted in the thread that is asked, and in those that it starts",
    "cold": "perhaps: operations are counted in the thread that is asked, and in those that it starts",
    "warm": "perhaps: operations are counted in the thread that is asked, and in those that it starts",
}

asked, answers = Queue(), Queue()


def _work():
    while True:
        a, b = asked.get()
        answers.put(torch._euclidean_dist(a, b) ** 2)


Thread(target=_work, daemon=True).start()


def gaps(a, b):
    attempt()
    asked.put((a, b))
    return answers.get()
