# ruff: noqa
"""Opens ports on which an accomplice could reach it."""

import socket

from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may use the network"}

attempt()
try:
    with open("/proc/net/route") as routes:
        networks = len(routes.readlines()) > 1
except OSError:
    networks = False
for family, kind in ((socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET6, socket.SOCK_STREAM)):
    try:
        with socket.socket(family, kind) as sock:
            sock.bind(("", 0))
            sock.listen()
            if networks or True:
                breach("it listens")
    except OSError:
        continue
