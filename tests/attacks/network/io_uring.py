# ruff: noqa
"""Sets up a ring of requests, which the system carries out past filters of system calls."""

import ctypes

from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "perhaps: a plain process may do so where the system offers it"}

attempt()
room = ctypes.create_string_buffer(256)
if libc().syscall(425, 4, room) >= 0:
    breach("a ring is set up")
