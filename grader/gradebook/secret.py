"""The secret that hidden cases are drawn from: a file of its own beside the gradebook, for its owner's eyes only."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from pathlib import Path

from grader.gradebook.entry import GradebookError

FOLDER = "secrets"
BYTES = 32
LONGEST = 4096  # bytes of a seed


def keep_secret(out: Path, assignment: str, seed: str | None = None) -> bytes:
    """The assignment's secret in `out`: what is kept there, else `seed`, else a random one, which is kept from now on.

    Raises GradebookError where another seed is kept, or others may read the file; OSError."""
    folder = out / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / assignment
    wanted = None if seed is None else seed.encode()
    if not file.exists():
        _create(file, wanted if wanted is not None else secrets.token_hex(BYTES).encode())
    kept = _read(file)
    if wanted is not None and wanted != kept:
        raise GradebookError(
            f"{file} keeps another seed, which the grades so far rest on; leave --seed out, or use another --out"
        )
    return kept


def _create(file: Path, secret: bytes) -> None:
    """The whole file or none; whoever else is creating it meanwhile wins."""
    if not 0 < len(secret) <= LONGEST:
        raise GradebookError(f"a seed has 1 to {LONGEST} bytes")
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".")  # 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secret)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, file)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(fd, "rb") as stream:
        told = os.fstat(fd)
        if not stat.S_ISREG(told.st_mode) or told.st_mode & 0o077 or told.st_uid != os.geteuid():
            raise GradebookError(f"{file} may be read by others, so its cases are no secret: chown and chmod 600 it")
        kept = stream.read(LONGEST + 1)
    if not 0 < len(kept) <= LONGEST:
        raise GradebookError(f"{file} holds no secret: it is empty, or far too long")
    return kept
