"""Temporary folders that a process which is killed leaves behind, and their removal by the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path


def lock(folder: Path) -> int:
    """Mark a new folder as in use as long as the descriptor that is returned, or this process, lives."""
    descriptor = os.open(folder / "unlocked", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    (folder / "unlocked").rename(folder / "lock")  # whoever finds it finds it locked
    return descriptor


def sweep(base: Path, prefix: str) -> None:
    """Remove our folders in `base` that begin with `prefix`, were locked once, and are locked by nobody any more."""
    for old in base.glob(f"{prefix}*/lock"):
        try:
            descriptor = os.open(old, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            if os.fstat(descriptor).st_uid == os.geteuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old.parent, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(descriptor)
