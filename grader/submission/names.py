"""Names of files as they come out of archives: harmless ones, or none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise

JUNK = {"__MACOSX", "__pycache__", "node_modules", "venv", "Thumbs.db", "desktop.ini", "$RECYCLE.BIN"}
JUNK |= {"site-packages", "dist-packages", "conda-meta"}  # of an environment, whatever its own name
LONGEST = 200  # bytes of one part
LONGEST_NAME = 4096  # characters of all parts together

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
ENVIRONMENT = ("pyvenv.cfg", "conda-meta")  # what lies beside an environment's folders
OF_ENVIRONMENTS = {"bin", "lib", "lib64", "include", "scripts", "share", "etc", "man", "ssl", "conda-meta", "libexec"}

_PYTHON = re.compile(r"python\d(?:\.\d+)?")
_DRIVE = re.compile(r"[A-Za-z]:")


def parts_of(name: str) -> tuple[str, ...] | None:
    """The parts of a member's name; None where it leads out of the archive, or nowhere."""
    if len(name) > LONGEST_NAME:
        return None
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
    return part.encode()[:LONGEST].decode("utf-8", "ignore")


def is_junk(parts: tuple[str, ...]) -> bool:
    """What systems, editors and environments leave behind: __MACOSX, ._x, .git, .ipynb_checkpoints, lib/python3 ..."""
    if any(part in JUNK or part.startswith(".") for part in parts):
        return True
    return any(above in ("lib", "lib64") and _PYTHON.fullmatch(part) for above, part in pairwise(parts))


def environments(names: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The folders of Python environments (venv, conda), whatever they are called, of files with these names."""
    found = set()
    for parts in names:
        for mark in ENVIRONMENT:
            if mark in parts:
                above = parts[: parts.index(mark)]
                found |= {(*above, folder) for folder in OF_ENVIRONMENTS}
    return found


def in_environment(parts: tuple[str, ...], folders: Set[tuple[str, ...]]) -> bool:
    """Whether a file lies in one of the `environments`."""
    return (
        any((*parts[:depth], parts[depth].lower()) in folders for depth in range(len(parts) - 1)) if folders else False
    )


def entered(below: Sequence[str], folders: Sequence[str], files: Sequence[str]) -> list[str]:
    """The folders, of those that lie at `below` beside these files, that may hold what was handed in, in order."""
    within = environments((name,) for name in (*files, *folders))
    kept = (name for name in folders if not is_junk((*below[-1:], name)) and not in_environment((name, ""), within))
    return sorted(kept)


def zip_name(name: str, flags: int) -> str:
    """The name in a zip, which is UTF-8 even where nothing says so, or else the code page of DOS."""
    if flags & 0x800:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
