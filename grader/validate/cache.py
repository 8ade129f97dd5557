"""Findings on disk, by the content of everything that they rest on: what has not changed costs nothing again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from grader.course import Assignment
from grader.validate.findings import Finding


class Cache:
    """Findings in a folder, one file each; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Finding | None:
        """The finding under a key, if it was kept."""
        if self._folder is None:
            return None
        try:
            return msgspec.json.decode((self._folder / key).read_bytes(), type=Finding)
        except (OSError, msgspec.MsgspecError):
            return None

    def put(self, key: str, finding: Finding) -> None:
        """Keep a finding that has no gaps."""
        if self._folder is not None and not finding.gaps:
            temporary = self._folder / f".{key}"
            temporary.write_bytes(msgspec.json.encode(finding))
            temporary.replace(self._folder / key)


def key(contents: str, *task: str) -> str:
    """A name for a task's outcome, from the assignment's `contents`."""
    return hashlib.sha256("\0".join((contents, *task)).encode()).hexdigest()[:40]


def contents(assignment: Assignment) -> str:
    """A hash of what an assignment's findings rest on: the assignment, what is given, and this package. To be taken
    once, when the assignment is loaded: files may change while proofs run."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    files = [
        *sorted(package.rglob("*.py")),
        *sorted(assignment.folder.glob("*.py")),
        *sorted(assignment.solution.glob("*.py")),
        *sorted(assignment.course.given.rglob("*.py")),
    ]
    for file in files:
        digest.update(b"\0" + file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
