# ruff: noqa
"""Tries to change the memory in which a question lies for everybody who is asked it."""

import fcntl
import mmap
import os

from grader.wire import frames
from tools import attempt, breach

HONEST = {"kernels.row_norms": 30}
mapped = frames.mapped


def tries(fd, size):
    attempt()
    yield lambda: os.ftruncate(fd, 0)
    yield lambda: os.ftruncate(fd, size * 2)
    yield lambda: os.pwrite(fd, b"\xff" * 4096, 0)
    yield lambda: mmap.mmap(fd, size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    yield lambda: os.pwrite(os.open(f"/proc/self/fd/{fd}", os.O_RDWR), b"\xff" * 4096, 0)
    yield lambda: os.ftruncate(os.open(f"/proc/self/fd/{fd}", os.O_RDWR), 0)
    yield lambda: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0)
    yield lambda: os.posix_fallocate(fd, 0, size * 2)


def attacked(fd, size):
    before = os.pread(fd, 4096, 0)
    for attack in tries(fd, size):
        try:
            attack()
        except (OSError, ValueError):
            continue
    if os.fstat(fd).st_size != size or os.pread(fd, 4096, 0) != before:
        breach("it has changed a question")
    return mapped(fd, size)


frames.mapped = attacked
