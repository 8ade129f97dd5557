"""Runs a command where there is no network."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

# For systems without network namespaces: the command's own process may not reach for a network.
SHUT = """
import sys


def shut(event, arguments):
    to_somewhere = event == "socket.connect" and isinstance(arguments[1], tuple)  # a path is a str
    if to_somewhere or event in ("socket.getaddrinfo", "socket.gethostbyname"):
        raise OSError(101, "Network is unreachable")


sys.addaudithook(shut)
"""


@cache
def _namespaces() -> tuple[str, ...]:
    """What gives a command a network namespace of its own, in which nothing is; () where that cannot be had."""
    for words in (("unshare", "--net"), ("unshare", "--map-current-user", "--net")):
        try:
            if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
                return words
        except OSError:
            continue
    return ()


def run_offline(command: list[str], cwd: Path, scratch: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, run without a network; `scratch` is an empty folder."""
    if not _namespaces():
        (scratch / "sitecustomize.py").write_text(SHUT)
        environment["PYTHONPATH"] = str(scratch)
    inherited = {name: value for name, value in os.environ.items() if name != "GRADER_COURSE"}
    return subprocess.run(
        [*_namespaces(), *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**inherited, **environment},
    )
