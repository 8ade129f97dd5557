"""Archives as a row of members, read defensively: what an archive says about itself is not believed.

SubmissionError     it cannot be read, or holds too much
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from grader.peer import printable
from grader.submission.limits import Limits
from grader.submission.names import environments, in_environment, parts_of, zip_name
from grader.submission.opening import SubmissionError

TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
SUFFIXES = (".zip", *TAR)
OTHERS = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")  # known, and not read
DIRECTORY_LIMIT = 200  # bytes of a zip's table of contents for each entry, names included
LZMA_MEMORY = 256 << 20  # bytes
END = struct.Struct("<4s4H2LH")  # the end of a zip's table of contents
END_64 = struct.Struct("<4sQ2H2L4Q")
HEADER_LIMIT = 1 << 16  # bytes of a name in a tar, or of what else is said before a member
LONG_HEADERS = {
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
}
CHUNK = 1 << 16
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}

BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, EOFError, UnicodeError),
    *(struct.error, ValueError, IndexError, KeyError, OverflowError, NotImplementedError, RuntimeError),
)
"""What the readers raise over a damaged archive."""


@dataclass(frozen=True)
class Member:
    """A regular file in an archive; `parts` None: its name leads out. `size` is what the archive claims."""

    parts: tuple[str, ...] | None
    size: int
    time: float | None  # of its last change, seconds since 1970
    open: Callable[[], IO[bytes]]
    name: str = ""  # as it stands in the archive


@dataclass
class Skipped:
    """What was not even looked at."""

    links: int = 0  # and devices
    locked: int = 0  # with a password
    packed: int = 0  # in a way that is not read


def is_archive(name: str) -> bool:
    """By its name."""
    return name.lower().endswith(SUFFIXES)


def stem(name: str) -> str:
    """The name without what says which kind of file it is."""
    lower = name.lower()
    for suffix in sorted((*SUFFIXES, ".py", ".ipynb"), key=len, reverse=True):
        if lower.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def members(file: Path, name: str, limits: Limits, skipped: Skipped) -> Iterator[Member]:
    """The regular files of an archive, one after the other; each is to be read before the next, and all of it inside
    `reading`. Raises SubmissionError where it holds too much."""
    size = file.stat().st_size
    if size > limits.archive:
        raise SubmissionError(f"{name} has {_megabytes(size)}, and at most {_megabytes(limits.archive)} are unpacked")
    with file.open("rb") as stream:
        begins = stream.read(512)
    if begins.startswith(b"PK") or (name.lower().endswith(".zip") and not _is_tar(begins)):
        yield from _zip(file, name, limits, skipped)
    else:
        yield from _tar(file, name, limits, skipped, begins)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """What the readers raise over a damaged archive, as a sentence. Raises SubmissionError."""
    try:
        yield
    except BROKEN as error:
        raise SubmissionError(f"{name} cannot be unpacked: it is damaged, or no archive ({_short(error)})") from None
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # EINVAL: it was to be read before its beginning
            raise
        raise SubmissionError(f"{name} cannot be unpacked: it is damaged ({_short(error)})") from None


def _zip(file: Path, name: str, limits: Limits, skipped: Skipped) -> Iterator[Member]:
    with file.open("rb") as stream:
        if _directory_size(stream) > limits.entries * DIRECTORY_LIMIT:
            raise SubmissionError(f"{name} lists more than {limits.entries:,} files")
        with zipfile.ZipFile(stream) as archive:
            if len(archive.infolist()) > limits.entries:
                raise SubmissionError(f"{name} lists more than {limits.entries:,} files")
            within = environments(_parts(info) or () for info in archive.infolist())
            for info in archive.infolist():
                kind = (info.external_attr >> 16) & 0o170000
                if info.is_dir() or info.filename.endswith("\\"):
                    continue
                if kind not in (0, 0o100000):
                    skipped.links += 1
                elif info.flag_bits & 0x41:
                    skipped.locked += 1
                elif info.compress_type not in METHODS:
                    skipped.packed += 1
                else:
                    parts = _parts(info)
                    if parts is None or not in_environment(parts, within):
                        name = zip_name(info.orig_filename, info.flag_bits)
                        yield Member(parts, info.file_size, _dos_time(info.date_time), _opener(archive, info), name)


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...] | None:
    return parts_of(zip_name(info.orig_filename, info.flag_bits))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _directory_size(stream: IO[bytes]) -> int:
    """Bytes of a zip's table of contents, found where zipfile finds it, but not read; 0 where there is none."""
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(max(0, size - (1 << 16) - END.size))
    tail = stream.read()
    at = len(tail) - END.size
    if at < 0:
        return 0
    if not (tail[at : at + 4] == b"PK\5\6" and tail[-2:] == b"\0\0"):
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        return 0
    found: int = END.unpack_from(tail, at)[5]
    before = size - len(tail) + at - 20 - END_64.size
    if before >= 0:  # with a longer table's end before it
        stream.seek(before)
        longer = stream.read(END_64.size)
        if longer[:4] == b"PK\6\6":
            return max(int(END_64.unpack(longer)[8]), 0 if found == 0xFFFFFFFF else found)
    return found


def _tar(file: Path, name: str, limits: Limits, skipped: Skipped, begins: bytes) -> Iterator[Member]:
    with file.open("rb") as stream:
        bounded: Any = _Bounded(_unpacked(stream, begins), name, limits, file.stat().st_size)
        with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Entry, errors="surrogateescape") as archive:
            count = 0
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it keeps them all
                count += 1
                if count > limits.entries:
                    raise SubmissionError(f"{name} lists more than {limits.entries:,} files")
                if info.isdir():
                    continue
                if not info.isreg() or info.issparse():
                    skipped.links += 1
                    continue
                plain = info.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                yield Member(parts_of(plain), info.size, float(info.mtime), _extractor(archive, info), plain)


def _extractor(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        found = archive.extractfile(info)
        assert found is not None  # a regular file
        return found

    return opened


def _is_tar(begins: bytes) -> bool:
    return begins[257:262] == b"ustar" or begins.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ"))


def _unpacked(stream: IO[bytes], begins: bytes) -> Any:
    if begins.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if begins.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if begins.startswith(b"\xfd7zXZ"):
        return _Xz(stream)
    return stream


class _Entry(tarfile.TarInfo):
    """An entry whose name is not read if it is endless: tarfile takes names and PAX records in one piece."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in LONG_HEADERS and self.size > HEADER_LIMIT:
            raise SubmissionError(f"it holds an entry whose name has {self.size:,} bytes")
        entry: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return entry


class _Xz:
    """lzma.open without a limit on memory would take what the file asks for."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end."""
        while not self._unpacker.eof:
            packed = self._stream.read(CHUNK) if self._unpacker.needs_input else b""
            if self._unpacker.needs_input and not packed:
                raise EOFError("it ends too early")
            data = self._unpacker.decompress(packed, size)
            if data:
                return data
        return b""


class _Bounded:
    """A stream that ends in a sentence when it unfolds to too much."""

    def __init__(self, stream: Any, name: str, limits: Limits, packed: int) -> None:
        self._stream = stream
        self._name = name
        self._limits = limits
        self._packed = packed
        self._total = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes. Raises SubmissionError."""
        data: bytes = self._stream.read(min(size, CHUNK))
        self._total += len(data)
        if self._total > self._limits.stream:
            raise SubmissionError(f"{self._name} unfolds to more than {_megabytes(self._limits.stream)}")
        check_ratio(self._name, self._total, self._packed, self._limits)
        return data


def check_ratio(name: str, unfolded: int, packed: int, limits: Limits) -> None:
    """Raises SubmissionError over what was packed in order to be large."""
    if unfolded > limits.much and unfolded > limits.ratio * max(packed, 1):
        raise SubmissionError(
            f"{name} unfolds to more than {limits.ratio} times its size, as no honest archive does: it is not unpacked"
        )


def _dos_time(date_time: tuple[int, int, int, int, int, int]) -> float | None:
    """A zip's times have no zone; they are good for an order among themselves."""
    try:
        return datetime(*date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"


def _short(error: Exception) -> str:
    return printable(" ".join(str(error).split())[:120]) or type(error).__name__
