"""The zip that Gradescope makes an autograder of: `setup.sh`, `run_autograder`, this package, one assignment.

BundleError     a part of it is missing; the sentence says which
"""

from __future__ import annotations

import io
import shlex
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.course import Assignment
from grader.errors import GraderError

PACKAGE = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
SETTINGS = "gradescope.json"
PROJECT = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")  # what pip wants beside the package
SCRIPTS = ("setup.sh", "run_autograder")
DATE = (1980, 1, 1, 0, 0, 0)  # of every file: the same content makes the same zip
COURSE = 'assignments = "assignments"\nsolutions = "solutions"\n'
LEFT_OUT = (".pyc", ".ipynb_checkpoints", "__pycache__")


class BundleError(GraderError):
    """No bundle can be made."""


class Settings(msgspec.Struct, frozen=True):
    """What the bundle grades, and how. `seed`: hidden cases are drawn from it; it stays in the zip."""

    assignment: str
    seed: str
    sandbox: str = "user"


def bundle(assignment: Assignment, settings: Settings, index: str | None = None) -> bytes:
    """The zip. `index`: the package index from which setup.sh takes torch, where it is not pip's own. Raises
    BundleError."""
    if assignment.unsolved is not None:
        raise BundleError(assignment.unsolved)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in SCRIPTS:
            text = (HERE / name).read_text(encoding="utf-8")
            if index is not None:
                text = text.replace('INDEX=""', f"INDEX={shlex.quote(index)}")
            _write(archive, name, text.encode(), executable=True)
        for name in PROJECT:
            _write(archive, name, _project(name))
        _write(archive, "grader.toml", COURSE.encode())
        _write(archive, SETTINGS, msgspec.json.encode(settings))
        for top, folder in _folders(assignment):
            for path in _files(folder):
                _write(archive, f"{top}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    return content.getvalue()


def _folders(assignment: Assignment) -> Iterator[tuple[str, Path]]:
    """The folders that go into the bundle, and their names there."""
    course = assignment.course
    yield "grader", PACKAGE
    yield f"assignments/{assignment.name}", assignment.folder
    yield f"solutions/{assignment.name}", assignment.solution
    for name in ("given", "data"):
        if (course.assignments / name).is_dir():
            yield f"assignments/{name}", course.assignments / name


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.endswith(LEFT_OUT) for part in path.parts):
            yield path


def _project(name: str) -> bytes:
    file = PACKAGE.parent / name
    if not file.is_file():
        raise BundleError(f"{file} is missing; run grader from a checkout of its repository to make a bundle")
    return file.read_bytes()


def _write(archive: zipfile.ZipFile, name: str, data: bytes, *, executable: bool = False) -> None:
    about = zipfile.ZipInfo(name, DATE)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    archive.writestr(about, data)
