"""Names of files as they come out of archives: harmless ones, or none."""

from __future__ import annotations

import re
import unicodedata

JUNK = {"__MACOSX", "__pycache__", "node_modules", "venv", "Thumbs.db", "desktop.ini", "$RECYCLE.BIN"}
LONGEST = 200  # bytes of one part

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_DRIVE = re.compile(r"[A-Za-z]:")


def parts_of(name: str) -> tuple[str, ...] | None:
    """The parts of a member's name; None where it leads out of the archive, or nowhere."""
    name = name.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name):
        return None
    found = [part for part in name.split("/") if part not in ("", ".")]
    if not found or ".." in found:
        return None
    clean = [tidied(part) for part in found]
    return None if any(part in ("", ".", "..") for part in clean) else tuple(clean)


def tidied(part: str) -> str:
    """A name that every file system takes and that a terminal shows as it is."""
    part = _CONTROL.sub("_", unicodedata.normalize("NFC", part)).replace("/", "_")
    while len(part.encode()) > LONGEST:
        part = part[:-1]
    return part


def is_junk(parts: tuple[str, ...]) -> bool:
    """What systems and editors leave behind: __MACOSX, ._x, .git, .ipynb_checkpoints ..."""
    return any(part in JUNK or part.startswith(".") for part in parts)


def zip_name(name: str, flags: int) -> str:
    """The name in a zip, which is UTF-8 even where nothing says so, or else the code page of DOS."""
    if flags & 0x800:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
