# ruff: noqa
"""Sends a frame that never ends."""

import struct
import time

from tools import attempt, sockets

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.5
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    (sock, *_) = sockets()
    sock.setblocking(True)
    sock.sendall(struct.pack("<4sIQ", b"GRD1", 1000, 256 << 20) + bytes(1000))
    while True:
        sock.send(bytes(1 << 16))
        time.sleep(0.01)
