# ruff: noqa
"""Connects to a Unix socket in the file system."""

import socket

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the sockets of its user"}

attempt()
try:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(target.UNIX)
        breach("it has connected")
except OSError:
    pass
