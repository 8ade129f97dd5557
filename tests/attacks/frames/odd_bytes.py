# ruff: noqa
"""Sends booleans that are neither true nor false, integers of thousands of digits, and extension types."""

import struct

from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}


def framed(message, body=b""):
    return struct.pack("<4sIQ", b"GRD1", len(message), len(body)) + message + body


def pairwise(x, y):
    attempt()
    node = wire.ArrayRef("torch", "bool", [3, 5], 0, 15)
    message = frame(wire.Answer(wire.Packed(wire.MappingNode([("distances", node)]))))[16:]
    instead_of_reply(framed(message, bytes(range(15))))


def center(x):
    node = wire.BigInt("f" * 3500)
    instead_of_reply(frame(wire.Answer(wire.Packed(wire.MappingNode([("out", node)])))))


class Momentum:
    def __init__(self, rate, decay):
        instead_of_reply(framed(b"\x82\xa4type\xa6answer\xa7outputs\xc7\xff\x2a" + bytes(255)))
        raise ValueError
