# ruff: noqa
"""Sends hundreds of its descriptors along with its answer."""

import array
import os
import socket

from tools import answer, attempt, sockets

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(200)] + list(os.pipe())
    data = answer(distances=_honest(x, y))
    from grader import wire

    usual = wire.send

    def send(sock, parts, descriptors=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        sock.sendmsg([data[:1]], rights)
        sock.sendmsg([data[1:]], rights)
        wire.send = usual

    wire.send = send
