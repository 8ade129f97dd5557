"""A small program between the judge and a cage: joins control groups, makes mounts, takes another user, and becomes the
command. `python -I -S launcher.py ORDERS`, with Orders as JSON; what goes wrong is a line on stderr.

A program of its own, because a judge with threads may not run code between fork and exec.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Carry out the orders."""
    orders = json.loads(sys.argv[1])
    sys.path.insert(0, orders["package"])
    from grader.worker.cage import syscalls

    for door in orders["doors"]:
        Path(door).write_text("0", encoding="ascii")
    if orders["mounts"]:
        syscalls.unshare(syscalls.CLONE_NEWNS)
        syscalls.private_mounts()
        for order in orders["mounts"]:
            _mount(syscalls, **order)
    if orders["uid"] is not None:
        os.setgroups([])
        os.setresgid(*[orders["uid"]] * 3)
        os.setresuid(*[orders["uid"]] * 3)
    os.chdir("/")
    os.execve(orders["command"][0], orders["command"], orders["environment"])


def _mount(syscalls: Any, kind: str, source: str, target: str, options: str = "") -> None:
    """Make a mount point and mount there: a "bind" of what `source` is, or a "tmpfs"."""
    if kind == "tmpfs":
        Path(target).mkdir(parents=True, exist_ok=True)
        syscalls.mount("none", target, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, options)
        return
    if Path(source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch(exist_ok=True)
    syscalls.mount(source, target, flags=syscalls.MS_BIND | syscalls.MS_REC)


try:
    main()
except OSError as error:
    sys.exit(f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}")
