# ruff: noqa
"""Makes namespaces of its own, in which it would be root, and enters those of others."""

import os

import target
from tools import attempt, breach, child, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may make namespaces where its user may"}

FLAGS = {"user": 0x10000000, "mount": 0x20000, "network": 0x40000000, "process": 0x20000000, "IPC": 0x8000000}


def make(flag):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc().unshare(flag) == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def enter(pid):
    child_pid = os.fork()
    if child_pid == 0:
        try:
            fd = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
            os._exit(0 if libc().setns(fd, 0) == 0 else 1)
        except OSError:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child_pid, 0)[1]) == 0


attempt()
try:
    for name, flag in FLAGS.items():
        if make(flag):
            breach(f"it has made a {name} namespace")
    for process in (target.BYSTANDER, os.getppid()):
        if enter(process):
            breach(f"it has entered the namespace of {process}")
except OSError:
    pass
