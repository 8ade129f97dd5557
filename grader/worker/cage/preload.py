"""Libraries that a zygote imports once, when a submission names them: each of its workers would take longer for that
than for most of what it is asked. Nothing that is handed in decides which ones there are, only whether."""

from __future__ import annotations

import importlib
import os
import re
import threading
from collections.abc import Iterable
from pathlib import Path

KNOWN = {"matplotlib": "matplotlib.pyplot"}  # what sources import, and what is imported for it
NAMED = re.compile(rb"^[ \t]*(?:import|from)[ \t][^\n#]*\b(" + "|".join(KNOWN).encode() + rb")\b", re.MULTILINE)
_tried: set[str] = set()
END_SECONDS = 10.0  # for a thread that an import has started: nothing is forked while there is one


def named(folder: Path) -> list[str]:
    """Which of these libraries the sources at the top of a folder import, as far as their lines tell."""
    return sorted({found.decode() for file in folder.glob("*.py") for found in NAMED.findall(file.read_bytes())})


def preload(names: Iterable[str]) -> bool:
    """Import those of these libraries that are known, each once; whether there were any."""
    wanted = [name for name in names if name in KNOWN and name not in _tried]
    environment = dict(os.environ)
    for name in wanted:
        _tried.add(name)
        try:
            importlib.import_module(KNOWN[name])
        except Exception:
            continue  # a worker will tell
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(END_SECONDS)
    os.environ.clear()
    os.environ.update(environment)
    return bool(wanted)
