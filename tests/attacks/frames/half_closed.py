# ruff: noqa
"""Closes one half of its socket, or the other, and goes on."""

import socket

from tools import attempt, sockets

HONEST = {"kernels.pairwise": 0, "kernels.center": 10}
_center = center


def pairwise(x, y):
    attempt()
    sockets()[0].shutdown(socket.SHUT_WR)
    return x


def center(x):
    sockets()[0].shutdown(socket.SHUT_RD)
    return _center(x)
