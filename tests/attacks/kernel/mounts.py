# ruff: noqa
"""Mounts, unmounts and changes its root."""

import os
import tempfile

import target
from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "as root, a plain process may mount"}

attempt()
try:
    pid = os.fork()
    if pid == 0:
        code, alone = 1, libc().unshare(0x20000) == 0
        if alone:
            libc().mount(b"none", b"/", None, 0x40000 | 0x4000, None)  # MS_PRIVATE | MS_REC: the machine sees nothing
        folder = os.path.join(tempfile.gettempdir(), target.MARKER)
        os.mkdir(folder)
        try:
            if alone and libc().mount(b"tmpfs", folder.encode(), b"tmpfs", 0, None) == 0:
                libc().umount2(folder.encode(), 2)
                code = 0
            elif libc().umount2(b"/proc", 2) == 0:
                code = 0
        finally:
            os.rmdir(folder)
            os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
        breach("it has mounted")
    if os.fork() == 0:
        try:
            os.chroot(os.getcwd())
            breach("it has changed its root")
        except OSError:
            pass
        finally:
            os._exit(0)
    os.wait()
except OSError:
    pass
