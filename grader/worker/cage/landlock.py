"""Landlock (linux/landlock.h): a process gives up rights to files, TCP ports and other processes, for good.

The numbers of its three system calls are the same on every architecture. Rights that the kernel does not know yet are
left out: `version()` says how many it knows.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from grader.worker.cage.syscalls import checked, no_new_privileges

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_CHAR = 1 << 6
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SOCK = 1 << 9
MAKE_FIFO = 1 << 10
MAKE_BLOCK = 1 << 11
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15

BIND_TCP = 1 << 0
CONNECT_TCP = 1 << 1

ABSTRACT_UNIX_SOCKET = 1 << 0
SIGNAL = 1 << 1

READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE
GPU = DEVICE | IOCTL_DEV
SCRATCH = (IOCTL_DEV - 1) & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK)
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the rights that a rule about a file may name

SIGNALS_SINCE = 6  # the version from which signals and abstract sockets can be kept in

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_PATH_BENEATH, _NET_PORT = 1, 2
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # by version, how many of the rights to files it knows

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The version of Landlock that the kernel speaks; 0 without Landlock."""
    return max(int(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))), 0)


def file_rights(known: int) -> int:
    """All rights to files that a version knows."""
    return (1 << _FILE_RIGHTS[min(known, 5)]) - 1 if known else 0


def restrict(
    files: int,
    rules: Iterable[tuple[str, int]] = (),
    *,
    tcp: int = 0,
    ports: Iterable[tuple[int, int]] = (),
    scope: int = 0,
) -> None:
    """Give up the rights `files`, but for what `rules` allows beneath paths; TCP likewise, but for `ports`; and to
    reach processes outside (`scope`). Paths that do not exist are passed over. Raises OSError."""
    known = version()
    if not known:
        raise OSError("this kernel has no Landlock")
    files &= file_rights(known)
    tcp = tcp if known >= 4 else 0
    scope = scope if known >= SIGNALS_SINCE else 0
    attributes = struct.pack("=QQQ", files, tcp, scope)[: 24 if known >= 6 else 16 if known >= 4 else 8]
    ruleset = checked(
        _libc.syscall(_CREATE, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)),
        "landlock_create_ruleset",
    )
    try:
        for path, rights in rules:
            _allow_beneath(ruleset, path, rights & files)
        for port, rights in ports:
            if rights & tcp:
                _add(ruleset, _NET_PORT, struct.pack("=QQ", rights & tcp, port), f"port {port}")
        no_new_privileges()
        checked(_libc.syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0)), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def shut_in(rules: Iterable[tuple[str, int]]) -> None:
    """Every right that the kernel knows is given up, but for `rules`."""
    restrict(file_rights(version()), rules, tcp=BIND_TCP | CONNECT_TCP, scope=ABSTRACT_UNIX_SOCKET | SIGNAL)


def step_down(rules: Iterable[tuple[str, int]]) -> None:
    """A domain within the present one: its processes can neither trace nor (from version 6) signal those that remain
    outside it, the parent among them, and change files only where `rules` and the present domain let them."""
    restrict(SCRATCH & ~READ, rules, scope=ABSTRACT_UNIX_SOCKET | SIGNAL)


def _allow_beneath(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= ON_FILES
        if rights:
            _add(ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, fd), path)
    finally:
        os.close(fd)


def _add(ruleset: int, kind: int, attributes: bytes, what: str) -> None:
    result = _libc.syscall(
        _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(kind), ctypes.c_char_p(attributes), ctypes.c_uint(0)
    )
    checked(result, f"landlock_add_rule for {what}")
