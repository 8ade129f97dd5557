# ruff: noqa
"""Leaves shared memory, semaphores and queues of the System V kind, and looks for earlier ones."""

import target
from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "plain processes share what their user's processes share"}
TWICE = True

attempt()
if libc().shmget(target.KEY, 4096, 0o600) >= 0:
    breach("it has found what an earlier submission has left")
libc().shmget(target.KEY, 4096, 0o1600)
libc().semget(target.KEY, 1, 0o1600)
libc().msgget(target.KEY, 0o1600)
