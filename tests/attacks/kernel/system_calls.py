# ruff: noqa
"""Calls what a sandbox has no use for; with arguments that do nothing where the call is let through."""

import ctypes
import errno
import platform

from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may call what it likes"}

BAD = -1
CALLS = {  # x86-64: number and harmless arguments
    "bpf": (321, 99, 0, 0),
    "perf_event_open": (298, 0, 0, BAD, BAD, 0),
    "userfaultfd": (323, 0x7FFFFFFF),
    "keyctl": (250, 9999, 0, 0, 0, 0),
    "add_key": (248, 0, 0, 0, 0, 0),
    "kcmp": (312, BAD, BAD, 99, 0, 0),
    "process_madvise": (440, BAD, 0, 0, 0, 0),
    "pidfd_getfd": (438, BAD, BAD, 0),
    "open_by_handle_at": (304, BAD, 0, 0),
    "name_to_handle_at": (303, BAD, 0, 0, 0, 0),
    "fanotify_init": (300, 0x7FFFFFFF, 0),
    "init_module": (175, 0, 0, 0),
    "kexec_load": (246, 0, 99, 0, BAD),
    "mount_setattr": (442, BAD, 0, 0, 0, 0),
    "fsopen": (430, 0, BAD),
    "move_mount": (429, BAD, 0, BAD, 0, 0),
    "clone3": (435, 0, 0),
}

attempt()
if platform.machine() == "x86_64":
    for name, (number, *arguments) in CALLS.items():
        ctypes.set_errno(0)
        libc().syscall(number, *arguments)
        if ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
            breach(f"{name} is let through ({errno.errorcode.get(ctypes.get_errno())})")
