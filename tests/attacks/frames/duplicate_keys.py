# ruff: noqa
"""Gives an output twice, first wrong and then right, and keys that are made to collide."""

import torch
from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}


def pairwise(x, y):
    attempt()
    packer = wire.Packer(lambda leaf: None)
    right = packer.pack({"distances": ((x[:, None] - y[None]) ** 2).sum(-1).numpy()})
    wrong = ("distances", 0.0)
    right.value.items.insert(0, wrong)
    instead_of_reply(frame(wire.Answer(right), packer))


def center(x):
    alike = [(i * (2**61 - 1), None) for i in range(1, 100_000)]
    instead_of_reply(frame(wire.Answer(wire.Packed(wire.MappingNode([("out", wire.MappingNode(alike))])))))
