# ruff: noqa
"""Leaves a process that waits for the next submission, and speaks with it over an abstract socket."""

import socket
import time

import target
from tools import attempt, breach, child

HONEST = {"kernels.pairwise": 20}
TWICE = True
NAME = f"\0{target.MARKER}"


def wait():
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(NAME)
        sock.listen()
        time.sleep(20)


attempt()
try:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(NAME)
        breach("it has found what an earlier submission has left")
except OSError:
    pass
child(wait, daemon=True)
