# ruff: noqa
"""Sends its answers with bits flipped at random, wherever they stand."""

import random

from tools import answer, attempt, instead_of_reply

HONEST = {"kernels.pairwise": 20, "kernels.center": 10, "kernels.Momentum.step": 10}
_honest, _center = pairwise, center
noise = random.Random(7)


def flipped(data):
    data = bytearray(data)
    for _ in range(noise.randrange(1, 5)):
        data[noise.randrange(len(data))] ^= 1 << noise.randrange(8)
    return bytes(data)


def pairwise(x, y):
    attempt()
    instead_of_reply(flipped(answer(distances=_honest(x, y))))


def center(x):
    instead_of_reply(flipped(answer(out=_center(x))))


class Momentum:
    def __init__(self, rate, decay):
        instead_of_reply(flipped(answer(weights=[1.0, 2.0])))
        raise ValueError
