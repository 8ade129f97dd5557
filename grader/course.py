"""Finds a course's folders and loads an assignment's declaration.

CourseError     no course, no such assignment or exercise; the sentence says what to do
"""

from __future__ import annotations

import difflib
import hashlib
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError
from grader.spec import Checks, Exercise, load_checks

CONFIGURATION = "grader.toml"


class CourseError(GraderError):
    """What was asked for is not there."""


@dataclass(frozen=True)
class Course:
    """The folders that a grader.toml names."""

    root: Path
    assignments: Path
    solutions: Path

    @property
    def given(self) -> Path:
        """The helpers that stand in front of a submission's own copies."""
        return self.assignments / "given"

    def names(self) -> list[str]:
        """The assignments, in order."""
        return sorted(path.parent.name for path in self.assignments.glob("*/checks.py"))

    def assignment(self, name: str) -> Assignment:
        """An assignment with its hidden part, where there is one. Raises CourseError, CheckError."""
        public = self.assignments / name / "checks.py"
        if not name.isidentifier() or not public.is_file():
            known = self.names()
            raise CourseError(f"there is no assignment {name!r} in {self.assignments}{_suggestion(name, known)}")
        hidden = self.solutions / name / "hidden.py"
        found = hidden if hidden.is_file() else None
        return Assignment(self, load_checks(public, found), public, found)


@dataclass(frozen=True)
class Assignment:
    """A loaded assignment: what is declared, and where."""

    course: Course
    checks: Checks
    public: Path
    hidden: Path | None

    @property
    def unsolved(self) -> str | None:
        """A sentence where the reference solution is missing; None where it is there."""
        if self.hidden is not None:
            return None
        return (
            f"there is no reference solution for {self.name} in {self.solution}; "
            "grader.toml names the folder of solutions"
        )

    @property
    def name(self) -> str:
        return self.checks.name

    @property
    def folder(self) -> Path:
        """The stubs and the handout."""
        return self.public.parent

    @property
    def solution(self) -> Path:
        """The reference modules."""
        return self.course.solutions / self.name

    @property
    def version(self) -> str:
        """A hash of everything that decides a grade: both declarations and the references."""
        digest = hashlib.sha256()
        files = [self.public, *sorted(self.solution.glob("*.py"))]
        for file in files:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        return digest.hexdigest()[:16]

    def select(self, wanted: Sequence[str]) -> list[Exercise]:
        """The exercises that these unambiguous endings (or starts of a module) name; all if none is given."""
        exercises = list(self.checks.exercises)
        if not wanted:
            return exercises
        chosen: list[str] = []
        for word in wanted:
            matches = [e.id for e in exercises if e.id == word] or [
                e.id for e in exercises if e.id.endswith(f".{word}") or e.module.name == word
            ]
            if not matches:
                known = [e.name for e in exercises]
                raise CourseError(f"{self.name} has no exercise {word!r}{_suggestion(word, known)}")
            if len(matches) > 1 and word not in self.checks.modules:
                raise CourseError(f"{word!r} is ambiguous: {', '.join(matches)}")
            chosen.extend(matches)
        return [exercise for exercise in exercises if exercise.id in chosen]


def find_course(start: Path | None = None) -> Course:
    """The course around `start` (the current directory), or $GRADER_COURSE, or the one that this package lies in.

    Raises CourseError."""
    places = [os.environ.get("GRADER_COURSE")] if os.environ.get("GRADER_COURSE") else []
    start = (start or Path.cwd()).resolve()
    package = Path(__file__).resolve().parent
    for folder in [*map(Path, filter(None, places)), start, *start.parents, package.parent]:
        if (folder / CONFIGURATION).is_file():
            return _read(folder)
    raise CourseError(f"no {CONFIGURATION} here or above; run grader in a course's folder, or set GRADER_COURSE to it")


def _read(root: Path) -> Course:
    file = root / CONFIGURATION
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{file} cannot be read: {error}") from None
    folders = {}
    for key in ("assignments", "solutions"):
        value = settings.get(key, key)
        if not isinstance(value, str):
            raise CourseError(f"{file}: {key} is the name of a folder, not {value!r}")
        folders[key] = (root / value).resolve()
    return Course(root, folders["assignments"], folders["solutions"])


def _suggestion(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; there is {', '.join(known)}" if known else ""
