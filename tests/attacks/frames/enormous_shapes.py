# ruff: noqa
"""Sends tensors whose shapes have more elements than there are atoms, and no bytes."""

import itertools

from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}

shapes = itertools.cycle([[2**60], [0, 2**62], [2**31, 2**31, 2**31], [1] * 64, [0] * 64, [2**29, 0], [2**64 - 1]])


def forge(name):
    node = wire.ArrayRef("torch", "float64", next(shapes), 0, 0)
    instead_of_reply(frame(wire.Answer(wire.Packed(wire.MappingNode([(name, node)])))))


def pairwise(x, y):
    attempt()
    forge("distances")


def center(x):
    next(shapes), next(shapes)
    forge("out")


class Momentum:
    def __init__(self, rate, decay):
        [next(shapes) for _ in range(5)]
        forge("weights")
        raise ValueError
