# ruff: noqa
"""Leaves a key in a keyring of the system, and looks for an earlier one."""

import target
from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "perhaps: plain processes share the keyrings of their user"}
TWICE = True
NAME = target.MARKER.encode()

attempt()
if libc().syscall(249, b"user", NAME, None, -4) >= 0:  # request_key
    breach("it has found what an earlier submission has left")
libc().syscall(248, b"user", NAME, b"left", 4, -4)  # add_key, in the keyring of the user
