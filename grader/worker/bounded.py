"""Bounds of memory and time for reading what somebody else has written."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

MEMORY = 1 << 30  # bytes of address space that reading a source may add
SECONDS = 10  # of CPU


@contextmanager
def bounded() -> Iterator[None]:
    """Soft limits, from what is used now on."""
    before = {which: resource.getrlimit(which) for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU)}
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            _limit(resource.RLIMIT_AS, int(file.read().split()[0]) * resource.getpagesize() + MEMORY)
    except OSError:
        pass  # no /proc: the time is bounded nevertheless
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _limit(resource.RLIMIT_CPU, int(used) + SECONDS)
    try:
        yield
    finally:
        for which, limits in before.items():
            resource.setrlimit(which, limits)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
