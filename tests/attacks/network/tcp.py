# ruff: noqa
"""Connects over TCP to a listener on the machine's loopback."""

import socket

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the network"}

attempt()
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")):
    try:
        with socket.socket(family) as sock:
            sock.settimeout(1)
            sock.connect((host, target.TCP_PORT))
            sock.send(b"the answers, please")
            breach("it has connected")
    except OSError:
        continue
