# ruff: noqa
"""Reads its own environment, as Python and the C library have it."""

import ctypes
import os

from tools import attempt, libc, read, search

HONEST = {"kernels.pairwise": 20}

attempt()
search(repr(dict(os.environ)))
search(read("/proc/self/environ"))
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc(), "environ")
for i in range(1000):
    if not environ[i]:
        break
    search(environ[i])
