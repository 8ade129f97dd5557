# ruff: noqa
"""Sends an urgent byte out of band before its answer."""

import socket

from tools import attempt, sockets

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    for sock in sockets():
        try:
            sock.send(b"!", socket.MSG_OOB)
        except OSError:
            continue
    return _honest(x, y)
