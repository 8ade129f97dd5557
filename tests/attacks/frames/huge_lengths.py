# ruff: noqa
"""Announces frames of many terabytes."""

import struct

from tools import attempt, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}
VERDICTS = ("crashed",)


def pairwise(x, y):
    attempt()
    instead_of_reply(struct.pack("<4sIQ", b"GRD1", 2**32 - 1, 2**64 - 1) + bytes(1000))


def center(x):
    instead_of_reply(struct.pack("<4sIQ", b"GRD1", 100, 2**63))
