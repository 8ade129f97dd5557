"""The Linux system calls of a cage, by ctypes. Each raises OSError, which names the call.

Numbers are from the kernel's user API headers (linux/prctl.h, sched.h, mount.h, seccomp.h) and the same on every
architecture that Python runs torch on.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, call: str) -> int:
    """`result`, or the OSError that errno tells."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: int) -> int:
    """prctl(2)."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    return checked(_libc.prctl(option, *(ctypes.c_ulong(argument) for argument in padded)), f"prctl {option}")


def unshare(flags: int) -> None:
    """unshare(2)."""
    checked(_libc.unshare(ctypes.c_int(flags)), f"unshare {flags:#x}")


def setns(fd: int, kind: int) -> None:
    """setns(2)."""
    checked(_libc.setns(ctypes.c_int(fd), ctypes.c_int(kind)), f"setns {kind:#x}")


def mount(source: str, target: str, filesystem: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    arguments = [source.encode(), target.encode(), filesystem.encode() or None]
    call = f"mount {filesystem or source} on {target}"
    checked(_libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None), call)


def private_mounts() -> None:
    """Let no mount be passed on to other mount namespaces, nor taken over from them."""
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def unmount(target: str) -> None:
    """umount2(2), detached: gone from view at once."""
    checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def drop_capabilities() -> None:
    """Empty every set of capabilities, the bounding set too where that is still allowed."""
    for number in range(64):
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError:  # EINVAL: there are no more; EPERM: without no_new_privs' help it is out of reach, and void
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    checked(_libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24))), "capset")


def no_new_privileges() -> None:
    """No program that is run from here on gains anything, set-uid bits or file capabilities notwithstanding."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def load_filter(program: bytes) -> None:
    """Obey a seccomp filter (8 bytes an instruction) from here on, in every thread to come and every child."""
    buffer = ctypes.create_string_buffer(program, len(program))
    told = _Program(len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(told))


def close_others(keep: Iterable[int]) -> None:
    """Close every descriptor but these."""
    start = 0
    for fd in sorted(set(keep)):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, 1 << 30 if hasattr(_libc, "close_range") else os.sysconf("SC_OPEN_MAX"))
