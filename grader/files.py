"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or none of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def check_writable(*paths: Path | None) -> None:
    """Find out before any work whether these files can be written after it. Raises OSError."""
    for path in paths:
        if path is None:
            continue
        if not path.parent.exists():
            raise FileNotFoundError(errno.ENOENT, "there is no folder to write this file into", str(path))
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "this is a folder, and a file is to be written", str(path))
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        os.close(handle)
        Path(temporary).unlink()
