"""Ties a worker's life to its parent's, where the system can (Linux)."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MEMORY = 6 << 30  # bytes of address space that an exercise may add: enough for any exercise, not for a bomb
IN_SIGHT = bool(os.environ.get("CUDA_VISIBLE_DEVICES"))  # a GPU, see grader.gpu


def die_with_parent() -> None:
    """Be killed when the parent dies."""
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parents die, so that a walk down the tree finds them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def bound_memory() -> None:
    """Fail allocations beyond MEMORY instead of bringing the machine down."""
    which, used = memory_limit(IN_SIGHT)
    if not used:
        return
    limit = used + MEMORY
    _, hard = resource.getrlimit(which)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(which, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def memory_limit(gpu: bool) -> tuple[int, int]:
    """The resource limit that bounds a process's memory, and how much of it is used in bytes; 0 where the system does
    not say. CUDA reserves more addresses than any limit would leave it: beside a GPU what can be written to counts."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = [int(word) for word in file.read().split()]
    except OSError:
        return resource.RLIMIT_AS, 0
    if gpu:
        return resource.RLIMIT_DATA, pages[5] * resource.getpagesize()
    return resource.RLIMIT_AS, pages[0] * resource.getpagesize()


def trim_memory() -> None:
    """Give free memory back to the system, where the C library can: what is taken again then shows."""
    gc.collect()
    if _trim is not None:
        _trim(0)


# Looked up once: every fork calls it, and a look-up costs as much as the fork.
_library = ctypes.CDLL(None, use_errno=True)
_system_call = _library.prctl if sys.platform == "linux" else None
_trim = getattr(_library, "malloc_trim", None)


def _prctl(option: int, value: int) -> None:
    if _system_call is not None:
        _system_call(option, value, 0, 0, 0)
