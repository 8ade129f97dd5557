"""Memory that is written once and then changed by nobody: large inputs are passed on as a descriptor of it.

A worker maps it privately and writably: its in-place operations change pages of its own. Only the judge makes such
memory, and it maps none itself: what a stranger may still cut short would end its reader with SIGBUS.
"""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from collections.abc import Iterable

from grader.wire.values import FrameError

if sys.platform == "linux":
    import fcntl

    SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


_untouched: weakref.WeakKeyDictionary[mmap.mmap, memoryview] = weakref.WeakKeyDictionary()


class Sealed:
    """`size` bytes that can neither be changed nor cut short, by whoever gets the descriptor and however it is
    reopened. The descriptor is closed when nothing refers to this object any more."""

    def __init__(self, fd: int, size: int) -> None:
        self.fd = fd
        self.size = size
        weakref.finalize(self, os.close, fd)

    @classmethod
    def of(cls, chunks: Iterable[tuple[int, memoryview]], size: int) -> Sealed | None:
        """Memory with these chunks at these offsets; None where the system has no such memory, or none left."""
        if sys.platform != "linux":
            return None
        try:
            sealed = cls(os.memfd_create("question", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), size)
        except OSError:
            return None
        try:
            os.ftruncate(sealed.fd, size)
            for start, chunk in chunks:
                written = 0
                while written < len(chunk):
                    written += os.pwrite(sealed.fd, chunk[written:], start + written)
            fcntl.fcntl(sealed.fd, fcntl.F_ADD_SEALS, SEALS)
        except OSError:
            return None
        return sealed


def mapped(fd: int, size: int) -> memoryview:
    """The sealed bytes behind a descriptor, to read and to write: what is written stays in this process.

    Raises FrameError where the memory is not sealed or has another size."""
    if sys.platform != "linux":
        raise FrameError("there is no sealed memory on this system")
    try:
        if fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS != SEALS or os.fstat(fd).st_size != size:
            raise FrameError("a frame's memory is not sealed, or not as large as it says")
        mine, second = (
            mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE) for _ in range(2)
        )
    except (OSError, ValueError) as error:
        raise FrameError(f"a frame's memory cannot be mapped: {error}") from None
    _untouched[mine] = memoryview(second)
    return memoryview(mine)


def untouched(data: memoryview) -> memoryview | None:
    """The bytes of `mapped` memory as they were, whatever was written to it; None where it is not of that kind."""
    return _untouched.get(data.obj) if isinstance(data.obj, mmap.mmap) else None


__all__ = ["Sealed", "mapped", "untouched"]
