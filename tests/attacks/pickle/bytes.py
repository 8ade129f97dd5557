# ruff: noqa
"""Answers with bytes that run a command when they are unpickled, as text, as bytes and as a tensor."""

import torch
import target
from tools import answer, attempt, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}
PAYLOAD = f"cos\nsystem\n(S'touch /tmp/{target.MARKER}'\ntR.".encode()


def pairwise(x, y):
    attempt()
    return PAYLOAD


def center(x):
    return torch.frombuffer(bytearray(PAYLOAD), dtype=torch.uint8)


class Momentum:
    def __init__(self, rate, decay):
        import struct

        instead_of_reply(PAYLOAD)
        raise ValueError
