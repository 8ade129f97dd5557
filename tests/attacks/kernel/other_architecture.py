# ruff: noqa
"""Calls the system as a 32-bit program does, past filters that look at 64-bit calls only."""

import ctypes
import mmap
import os
import platform

from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "perhaps: a plain process may call what it likes, where the system has 32-bit calls"}

# mov eax, 20 (getpid); int 0x80; ret
CODE = bytes.fromhex("b814000000cd80c3")

attempt()
if platform.machine() == "x86_64":
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(CODE)
        call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
        os.write(writing, str(call() == os.getpid()).encode())
        os._exit(0)
    os.close(writing)
    if os.read(reading, 10) == b"True":
        breach("32-bit calls are let through")
    os.waitpid(pid, 0)
