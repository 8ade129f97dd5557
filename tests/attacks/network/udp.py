# ruff: noqa
"""Sends a datagram to the machine's loopback."""

import socket

import target
from tools import attempt

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the network"}

attempt()
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"the answers, please", ("127.0.0.1", target.UDP_PORT))
except OSError:
    pass
