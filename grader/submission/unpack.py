"""Files, folders and archives into a clean folder: regular files under harmless names, within limits, nothing else."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from grader.submission.archives import CHUNK, Member, Skipped, check_ratio, is_archive, members, reading, stem
from grader.submission.limits import Limits
from grader.submission.names import entered, is_junk, parts_of, tidied
from grader.submission.opening import SubmissionError

CODE = (".py", ".ipynb")


@dataclass
class Unpacking:
    """A clean folder that fills up; what it has taken so far, and what was left out."""

    target: Path
    limits: Limits
    files: int = 0
    others: int = 0  # of the files: no code
    many: int = 0  # left out, as there were others enough
    total: int = 0
    large: list[str] = field(default_factory=list)
    outside: int = 0
    deep: int = 0
    clashing: int = 0
    skipped: Skipped = field(default_factory=Skipped)
    apart: bool = False  # whether what lies at the top is of several students, and must not come together
    tops: dict[str, str] = field(default_factory=dict)  # names at the top, as they are here: as the archive has them

    def folder(self, source: Path, at: tuple[str, ...] = ()) -> None:
        """Copy a folder's regular files. No link is followed."""
        for parent, folders, names, here in os.fwalk(source, follow_symlinks=False):
            below = Path(parent).relative_to(source).parts
            folders[:] = entered(below, folders, names)
            if len(below) > self.limits.depth:
                self.deep += len(names)
                folders.clear()
                continue
            for name in sorted(names):
                parts = tuple(tidied(os.fsencode(part).decode("utf-8", "replace")) for part in (*below, name))
                if is_junk((name,)):
                    continue
                fd = open_regular(name, here)
                if fd is None:
                    self.skipped.links += 1
                    continue
                with open(fd, "rb") as stream:
                    told = os.fstat(fd)
                    self._put((*at, *parts), stream, told.st_size, told.st_mtime)

    def file(self, source: Path, name: str) -> None:
        """Copy one file. Raises SubmissionError."""
        with source.open("rb") as stream:
            told = os.fstat(stream.fileno())
            self._put((tidied(name),), stream, told.st_size, told.st_mtime)

    def archive(self, source: Path, name: str, at: tuple[str, ...] = ()) -> None:
        """Unpack an archive. Raises SubmissionError."""
        with reading(name):
            self._archive(source, name, at)

    def _archive(self, source: Path, name: str, at: tuple[str, ...]) -> None:
        packed = source.stat().st_size
        before = self.total
        for member in members(source, name, self.limits, self.skipped):
            if member.parts is None:
                self.outside += 1
            elif is_junk(member.parts):
                continue
            elif len(at) + len(member.parts) > self.limits.depth:
                self.deep += 1
            elif member.size > self.limits.of(member.parts[-1]):
                self.large.append(member.parts[-1])
            else:
                parts = self._told_apart(member) if self.apart else member.parts
                with member.open() as stream:
                    self._put((*at, *parts), stream, member.size, member.time)
                check_ratio(name, self.total - before, packed, self.limits)

    def _told_apart(self, member: Member) -> tuple[str, ...]:
        """The parts of a name; the first is another one for each that the archive has, also if they are equal once they
        are harmless. One that was harmless keeps its name."""
        assert member.parts is not None
        top, *rest = member.parts
        name = next(part for part in member.name.replace("\\", "/").split("/") if part not in ("", "."))
        if self.tops.setdefault(top, name) == name:
            return member.parts
        other = self.tops[top] if name == top else name
        suffixed = f"~{hashlib.sha256(other.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
        base, dot, end = top.partition(".")
        moved = f"{base[:150]}{suffixed}{dot}{end[:30]}"
        if name == top:
            if (self.target / top).exists():
                (self.target / top).rename(self.target / moved)
            self.tops[top] = name
            return member.parts
        return (moved, *rest)

    def notes(self) -> tuple[str, ...]:
        """What was left out, as sentences."""
        told, deep = [], f"{self.limits.depth} folders deep"
        more = f"came after {self.limits.others:,} others that are no code"
        if self.large:
            named = ", ".join(self.large[:3]) + (" ..." if len(self.large) > 3 else "")
            most = {self.limits.of(name) >> 20 for name in self.large}
            told.append(f"left out as larger than {' or '.join(map(str, sorted(most)))} MB: {named}")
        for count, what in (
            (
                self.outside,
                ("entry whose name leads out of the archive", "entries whose names lead out of the archive"),
            ),
            (self.many, (f"file that {more}", f"files that {more}")),
            (self.deep, (f"entry more than {deep}", f"entries more than {deep}")),
            (self.clashing, ("entry that has the name of a folder", "entries that have the name of a folder")),
            (self.skipped.links, ("entry that is a link or a device", "entries that are links or devices")),
            (self.skipped.locked, ("entry that is locked with a password", "entries that are locked with a password")),
            (
                self.skipped.packed,
                ("entry packed in a way that is not read", "entries packed in a way that is not read"),
            ),
        ):
            if count:
                told.append(f"left out: {count} {what[count > 1]}")
        return tuple(told)

    def _put(self, parts: tuple[str, ...], stream: IO[bytes], size: int, time: float | None) -> None:
        """Write a file; one that is there already is replaced. Raises SubmissionError."""
        if size > self.limits.of(parts[-1]):
            self.large.append(parts[-1])
            return
        if self.files >= self.limits.files:
            raise SubmissionError(f"it holds more than {self.limits.files:,} files")
        if not is_archive(parts[-1]) and not parts[-1].lower().endswith(CODE):
            if self.others >= self.limits.others:
                self.many += 1
                return
            self.others += 1
        place = self.target.joinpath(*parts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            with place.open("xb") as out:  # no link is there: none was ever made
                whole = self._copy(stream, out, self.limits.of(parts[-1]))
        except (NotADirectoryError, FileExistsError, IsADirectoryError, PermissionError):
            self.clashing += 1
            return
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            self.deep += 1
            return
        self.files += 1
        if not whole:
            self.large.append(parts[-1])
            place.unlink()
        elif time is not None:
            try:
                os.utime(place, (time, time))
            except (OverflowError, OSError, ValueError):
                pass

    def _copy(self, stream: IO[bytes], out: IO[bytes], most: int) -> bool:
        """False where it is longer than it said, and too long. Raises SubmissionError."""
        written = 0
        while chunk := stream.read(CHUNK):
            written += len(chunk)
            self.total += len(chunk)
            if self.total > self.limits.total:
                raise SubmissionError(f"it unfolds to more than {self.limits.total >> 20} MB")
            if written > most:
                return False
            out.write(chunk)
        return True


def unpack(source: Path, target: Path, limits: Limits) -> tuple[str, ...]:
    """A class, a folder or an archive, into the folder `target`, and notes on what was left out. Raises
    SubmissionError."""
    unpacking = Unpacking(target, limits, apart=True)
    if source.is_dir():
        unpacking.folder(source)
    else:
        unpacking.archive(source, source.name)
    return unpacking.notes()


def unpack_inside(unpacking: Unpacking) -> None:
    """Unpack the archives that lie in what was unpacked, each in a folder of its name, within the same limits.

    Raises SubmissionError."""
    for _ in range(unpacking.limits.nested):
        found = sorted(path for path in unpacking.target.rglob("*") if path.is_file() and is_archive(path.name))
        if not found:
            return
        for path in found:
            parts = path.relative_to(unpacking.target).parts
            at = parts_of(stem(parts[-1])) or ("archive",)
            with _aside(path) as moved:
                unpacking.archive(moved, parts[-1], (*parts[:-1], *at))


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """An archive out of the way of the folder that it becomes, and gone afterwards."""
    moved = path.with_name(f".{path.name}")
    path.rename(moved)
    try:
        yield moved
    finally:
        moved.unlink()


def open_regular(name: str, at: int) -> int | None:
    """A descriptor of a regular file in an open folder; None where it is something else."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    return None
