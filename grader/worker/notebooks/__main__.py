"""The process that reads notebooks: stdin says what (a Reading), stdout gets the Sources, both as msgpack."""

from __future__ import annotations

import os
import resource
import sys

import msgspec

MEMORY = 2 << 30  # bytes of address space
SECONDS = 15  # of CPU
LARGEST = 8 << 20  # bytes of the answer


def main() -> None:
    """Give up most of what this process may use, then read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    sys.setrecursionlimit(3000)
    from grader.worker.notebooks import Reading, Sources
    from grader.worker.notebooks.cells import Cell, Unreadable, read
    from grader.worker.notebooks.choice import modules

    reading = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Reading)
    cells: dict[int, list[Cell]] = {}
    problems: dict[int, str] = {}
    for number, file in enumerate(reading.files):
        try:
            cells[number] = read(file, number, reading.names[number].lower().endswith(".py"))
        except Unreadable as error:
            problems[number] = str(error)
        except (MemoryError, RecursionError):
            problems[number] = "is too large or too deeply nested to be read"
    found = Sources(modules(cells, reading), problems)
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))
    sys.stdout.buffer.flush()
    os._exit(0)


main()
