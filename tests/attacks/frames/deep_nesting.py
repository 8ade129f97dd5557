# ruff: noqa
"""Sends lists inside lists, many thousand deep."""

import struct

from tools import attempt, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}


def framed(message):
    return struct.pack("<4sIQ", b"GRD1", len(message), 0) + message


def pairwise(x, y):
    attempt()
    instead_of_reply(framed(b"\x91" * 4_000_000 + b"\xc0"))


def center(x):
    node = b"\x93\xa8sequence\xa4list\x91" * 200_000 + b"\xc0"
    instead_of_reply(framed(b"\x82\xa4type\xa6answer\xa7outputs\x91" + node))
