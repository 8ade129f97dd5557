"""Copies of what a cage shows: taken once, readable by whoever runs in it, and unlike the originals not to be changed
by anybody meanwhile."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from itertools import count
from pathlib import Path

from grader.leftovers import lock, sweep
from grader.sandbox.cage import SandboxError
from grader.sandbox.users import Lease
from grader.submission.names import entered

FILE_LIMIT = 16 << 20  # bytes; larger files (data sets, checkpoints) are left out
TOTAL_LIMIT = 128 << 20
COUNT_LIMIT = 5_000
PREFIX = "grader-stage-"

# What of this package runs beside student code.
SHOWN = ("__init__.py", "ask.py", "errors.py", "property.py", "spec", "wire", "worker")

PACKAGE = Path(__file__).resolve().parent.parent


class Stage:
    """A temporary folder: `package` (ours, as far as a cage may see it), `about` (one folder for each submission),
    `mount` (a place for mounts). Nobody but its owner, `lease`'s user and whom `give` names can look into a folder of
    `about`."""

    def __init__(self, lease: Lease | None) -> None:
        base = None if lease is None else _everybody_s()
        self.root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        self._lock = lock(self.root)
        sweep(self.root.parent, PREFIX)
        self.package = self.root / "package"
        self.about = self.root / "about"
        self.mount = self.root / "mount"
        self._lease = lease
        self._count = count(1)  # in one step, for judges on several threads
        for folder in (self.package, self.about, self.mount):
            folder.mkdir()
        if lease is not None:
            self.root.chmod(0o711)
            self.mount.chmod(0o755)
            self.package.chmod(0o755)
            self.about.chmod(0o711)
        (self.package / "grader").mkdir()
        for name in SHOWN:
            if (PACKAGE / name).is_dir():
                shutil.copytree(PACKAGE / name, self.package / "grader" / name)  # with what is compiled
            else:
                shutil.copy2(PACKAGE / name, self.package / "grader" / name)
        _open_up(self.package / "grader")

    def put(self, submission: Path, checks: Path, given: Path) -> Path:
        """Copies of a submission, a checks.py and the given helpers, in a folder of their own. A submission that is one
        file is copied with the modules beside it. Raises SandboxError."""
        folder = self.about / str(next(self._count))
        folder.mkdir(mode=0o700)
        if submission.is_file():
            copy(submission.parent, folder / "submission", modules_only=True)
        else:
            copy(submission, folder / "submission")
        (folder / "checks.py").write_bytes(checks.read_bytes())
        if given.is_dir():
            copy(given, folder / "given")
        else:
            (folder / "given").mkdir()
        _open_up(folder)
        if self._lease is not None:
            self.give(folder, self._lease)
        return folder

    def give(self, folder: Path, to: Lease) -> None:
        """Let one user look into a folder, who could not before; nobody else can from now on."""
        os.chown(folder, 0, to.gid)
        folder.chmod(0o750)

    def drop(self, folder: Path) -> None:
        """Remove what `put` has made."""
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        shutil.rmtree(self.root, ignore_errors=True)


def copy(source: Path, target: Path, *, modules_only: bool = False) -> None:
    """Copy a folder's regular files, or only the Python files at its top. No link is followed, in the submission or put
    there meanwhile: it could lead to anything that the judge may read. Raises SandboxError where there is too much."""
    source = source.resolve()
    total = files_seen = 0
    target.mkdir()
    for folder, folders, files, at in os.fwalk(source, follow_symlinks=False):
        below = Path(folder).relative_to(source)
        folders[:] = [] if modules_only else entered(below.parts, folders, files)
        here = target / below
        here.mkdir(exist_ok=True)
        for name in files:
            data = None if modules_only and not name.endswith(".py") else _read(name, at)
            if data is None:
                continue
            total += len(data)
            files_seen += 1
            if total > TOTAL_LIMIT or files_seen > COUNT_LIMIT:
                raise SandboxError(
                    f"{source} holds more than {COUNT_LIMIT:,} files or {TOTAL_LIMIT >> 20} MB; "
                    "leave only what belongs to the submission in it"
                )
            (here / name).write_bytes(data)


def _read(name: str, at: int) -> bytes | None:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except OSError:
        return None
    with open(fd, "rb") as file:
        told = os.fstat(fd)
        if not stat.S_ISREG(told.st_mode) or told.st_size > FILE_LIMIT:
            return None
        data = file.read(FILE_LIMIT + 1)
        return data if len(data) <= FILE_LIMIT else None


def _open_up(folder: Path) -> None:
    """Let everybody read what lies here; who gets here is decided further up."""
    for parent, folders, files in os.walk(folder):
        os.chmod(parent, 0o755)
        for name in files:
            os.chmod(os.path.join(parent, name), 0o644)
        for name in folders:
            os.chmod(os.path.join(parent, name), 0o755)


def reachable(path: Path) -> bool:
    """Whether everybody may walk to `path`, and read it."""
    try:
        path = path.resolve(strict=True)
        return bool(path.stat().st_mode & stat.S_IROTH) and all(p.stat().st_mode & stat.S_IXOTH for p in path.parents)
    except OSError:
        return False


def _everybody_s() -> str:
    """A temporary folder that another user can walk to."""
    usual = tempfile.gettempdir()
    return usual if reachable(Path(usual)) else "/tmp"
