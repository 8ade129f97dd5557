# ruff: noqa
"""Reads from every descriptor that it has inherited."""

import os
import socket

from tools import attempt, breach, descriptors, search

HONEST = {"kernels.pairwise": 20}


def pairwise(x, y):
    attempt()
    for fd in descriptors():
        try:
            name = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            name = ""
        search(name)
        if name.startswith("/") and not name.startswith(("/dev/null", "/proc", "/sys")):
            breach(f"a file or folder is open: {name}")
        try:
            search(os.pread(fd, 1 << 20, 0))
        except OSError:
            pass
        try:
            with socket.socket(fileno=os.dup(fd)) as sock:
                search(sock.recv(1 << 16, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            pass
    return ((x[:, None] - y[None]) ** 2).sum(-1)
