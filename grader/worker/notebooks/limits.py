"""Limits for statements of a notebook: memory where they run, time in a fork that tries them first.

A loop inside C heeds no Python signal, so that only the system can end it: a timer of the process's CPU time does, and
what it ends is the fork.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from grader.worker.lifeline import IN_SIGHT, die_with_parent, memory_limit

SECONDS = 20.0 if IN_SIGHT else 1.0  # of CPU time that a statement may take; a GPU alone takes two or three to begin
SILENCE = 12.0  # seconds without a statement that ends, after which one is taken to wait for something
MEMORY = 1 << 30  # bytes that they may add together
ENDS = 2  # statements that end a trial, after which no other is run

TOO_MUCH = f"takes more memory than the statements of a notebook may ({MEMORY >> 30} GB)"
TOO_LONG = f"takes more than {SECONDS:g} s, which is more than a statement of a notebook may"
NO_END = "does not come to an end"
ENDED = "ends the process that runs it"
NOT_TRIED = "is not run, since others before it take more time than they may"


def memory_bound() -> int:
    """The most memory that this process may come to use while such statements run; 0 where the system does not say."""
    used = memory_limit(IN_SIGHT)[1]
    return used + MEMORY if used else 0


@contextmanager
def bounded(most: int) -> Iterator[None]:
    """Fail allocations beyond `most` meanwhile; 0: as before."""
    which = memory_limit(IN_SIGHT)[0]
    soft, hard = resource.getrlimit(which)
    if not most or any(limit != resource.RLIM_INFINITY and limit < most for limit in (soft, hard)):
        yield
        return
    resource.setrlimit(which, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(which, (soft, hard))


def tried(run: Callable[[int], None], heavy: Sequence[bool], first: int) -> dict[int, str]:
    """The steps from `first` on that end the process that runs them, and how: `run` runs one of them, in a fork of this
    process. What is `heavy` gets no more than its time."""
    left_out: dict[int, str] = {}
    while len(left_out) < ENDS:
        steps = [number for number in range(first, len(heavy)) if number not in left_out]
        ended = _trial(run, heavy, steps)
        if ended is None:
            return left_out
        left_out[ended[0]] = ended[1]
    later = (number for number in range(max(left_out) + 1, len(heavy)) if heavy[number])
    return left_out | dict.fromkeys(later, NOT_TRIED)


def _trial(run: Callable[[int], None], heavy: Sequence[bool], steps: list[int]) -> tuple[int, str] | None:
    """Run these steps in a fork: the one that ended it, and how. None where all came to their end, or there is no
    fork to be had."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    reader, writer = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if not pid:
        _child(run, heavy, steps, writer)
    os.close(writer)
    begun, is_late = _count(reader)
    os.close(reader)
    if is_late:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status == 0 or not begun:
        return None
    how = NO_END if is_late else TOO_LONG if status == -signal.SIGPROF else ENDED
    return steps[begun - 1], how


def _count(reader: int) -> tuple[int, bool]:
    """How many steps were begun when the other end was closed, and whether it fell silent instead."""
    begun = 0
    while True:
        ready, _, _ = select.select([reader], [], [], SILENCE)
        if not ready:
            return begun, True
        read = os.read(reader, 4096)
        if not read:
            return begun, False
        begun += len(read)


def _child(run: Callable[[int], None], heavy: Sequence[bool], steps: list[int], writer: int) -> NoReturn:
    """Never returns. Prints nothing: all of it is run again."""
    try:
        die_with_parent()
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        for number in steps:
            os.write(writer, b".")
            signal.setitimer(signal.ITIMER_PROF, SECONDS if heavy[number] else 0.0)
            run(number)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        os._exit(0)
    finally:
        os._exit(1)
