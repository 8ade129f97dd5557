# ruff: noqa
"""Asks the system about its network interfaces, over a socket of its own kind."""

import socket
import struct

from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the network"}

attempt()
try:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.settimeout(1)
        sock.send(struct.pack("<IHHIIB3x", 20, 18, 0x301, 1, 0, 0))  # RTM_GETLINK
        if sock.recv(65536):
            breach("netlink answers")
except OSError:
    pass
