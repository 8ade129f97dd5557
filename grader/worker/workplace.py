"""Where a submission finds itself: the current folder, with what was handed in, and the arguments of its program.

A question begins there, wherever the one before has gone. The folder can be written to and is a process's own; what
was handed in lies in it as links, which cost microseconds where copies cost a disk.
"""

from __future__ import annotations

import os
import sys
from itertools import islice
from pathlib import Path

from grader.worker.cage.confine import own_folder

ENTRIES = 500  # of the submission's folder that are linked to


class Workplace:
    """The current folder and the arguments, for whoever is asked in this process."""

    def __init__(self, base: str) -> None:
        self._folder: Path | None = None  # the submission's; None: nothing was loaded
        self._base = base  # where folders are made, in no cage
        self._home = ""
        self._arguments: list[str] = []

    def take(self, folder: Path, file: Path) -> None:
        """The folder that a module, which is about to be imported, was handed in with."""
        self._arguments = [str(file)]
        if self._folder is None:
            self._folder = folder
            sys.orig_argv = [sys.executable, str(file)]
            self.move()
        self.go_home()

    def move(self) -> None:
        """In a process that was just forked: a folder of its own. Nothing is done where nothing was loaded."""
        if self._folder is None:
            return
        self._home = own_folder() or f"{self._base}/worker-{os.getpid()}"
        self._make()
        self.go_home()

    def go_home(self) -> None:
        """Back to where the submission begins, with the arguments that it begins with."""
        if self._folder is None:
            return
        sys.argv = self._arguments.copy()
        for _ in range(2):
            try:
                return os.chdir(self._home)
            except OSError:  # the submission has removed it, or shut it
                self._make()

    def _make(self) -> None:
        assert self._folder is not None
        try:
            os.makedirs(self._home, 0o700, exist_ok=True)
            self._link(self._folder)
        except OSError:
            pass  # a folder with less in it, or none: what it opens there it is told

    def _link(self, folder: Path) -> None:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith((".", "__pycache__"))]
        for name in islice(sorted(names), ENTRIES):
            os.symlink(f"{folder}/{name}", f"{self._home}/{name}")
