# ruff: noqa
"""Connects to an abstract Unix socket, which no file system hides."""

import socket

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the sockets of its user"}

attempt()
try:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("\0" + target.ABSTRACT)
        breach("it has connected")
except OSError:
    pass
