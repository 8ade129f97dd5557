# ruff: noqa
"""Leaves POSIX shared memory, semaphores and message queues, and looks for earlier ones."""

import ctypes
import os

import target
from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "plain processes share what their user's processes share"}
TWICE = True
NAME = f"/{target.MARKER}".encode()

attempt()
if libc().mq_open(NAME, os.O_RDWR) >= 0 or libc().shm_open(NAME, os.O_RDWR, 0o600) >= 0:
    breach("it has found what an earlier submission has left")
libc().shm_open(NAME, os.O_CREAT | os.O_RDWR, 0o600)
libc().mq_open(NAME, os.O_CREAT | os.O_RDWR, 0o600, None)
