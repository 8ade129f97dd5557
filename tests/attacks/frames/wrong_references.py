# ruff: noqa
"""Sends tensors that lie outside their frame, upon each other, with strides, or of dtypes that nobody knows."""

import itertools

from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}

nodes = itertools.cycle(
    [
        wire.ArrayRef("torch", "float64", [3, 5], 0, 120),
        wire.ArrayRef("torch", "float64", [3, 5], 2**63, 120),
        wire.ArrayRef("torch", "object", [1], 0, 8),
        wire.ArrayRef("torch", "V8", [1], 0, 8),
        wire.ArrayRef("torch", "float64", [3, 5], 0, 8, "cpu", [0, 0]),
        wire.ArrayRef("numpy", "float64", [0], 64, 0),
        wire.ArrayRef("torch", "float64", [0], 0, 0, "cuda:0\x1b[2J"),
    ]
)


def forge(name):
    instead_of_reply(frame(wire.Answer(wire.Packed(wire.MappingNode([(name, next(nodes))])))))


def pairwise(x, y):
    attempt()
    forge("distances")


def center(x):
    next(nodes), next(nodes)
    forge("out")


class Momentum:
    def __init__(self, rate, decay):
        [next(nodes) for _ in range(5)]
        forge("weights")
        raise ValueError
