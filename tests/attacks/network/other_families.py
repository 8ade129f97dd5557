# ruff: noqa
"""Opens sockets of every family there is: raw ones, packets, the machine's host, Bluetooth."""

import socket

from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the network"}

attempt()
for family in range(2, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind, 1 if kind == socket.SOCK_RAW else 0).close()
            breach(f"a socket of family {family} and kind {kind}")
        except OSError:
            continue
