"""Finds a course's folders and loads an assignment's declaration.

CourseError     no course, no such assignment or exercise; the sentence says what to do
"""

from __future__ import annotations

import difflib
import hashlib
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader.errors import GraderError
from grader.files import write_atomically
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
    passed_over: Path | None = None  # a nearer one that nobody has said to trust

    @property
    def remark(self) -> str | None:
        """A sentence where a nearer course was passed over."""
        return _untrusted(self.passed_over) if self.passed_over else None

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
            told = f"there is no assignment {name!r} in {self.assignments}{_suggestion(name, known)}"
            raise CourseError("; ".join(filter(None, (told, self.remark))))
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

    @cached_property
    def version(self) -> str:
        """A hash of everything that decides a grade: both declarations, the references, and what is given."""
        digest = hashlib.sha256()
        files = [self.public, *sorted(self.solution.glob("*.py"))]
        for folder in (self.course.given, self.course.assignments / "data"):
            files += [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".pyc"]
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


def find_course(named: Path | None = None) -> Course:
    """Find a course: $GRADER_COURSE, else the one around the folder `named`, else the one around the current folder,
    else the one that this package lies in.

    A course's checks run with the rights of whoever runs grader. The current folder may be a stranger's: a course is
    taken from there only if it is trusted (see `trust`). Raises CourseError."""
    own = Path(__file__).resolve().parent.parent
    told = os.environ.get("GRADER_COURSE")
    around = named or (Path(told) if told else None)
    if told and (Path(told) / CONFIGURATION).is_file():
        return _read(Path(told))
    here = (around or Path.cwd()).resolve()
    distrusted: list[Path] = []
    for folder in (here, *here.parents):
        if (folder / CONFIGURATION).is_file():
            if around is not None or folder == own or is_trusted(folder):
                return _read(folder)
            distrusted.append(folder)
    if (own / CONFIGURATION).is_file():
        return replace(_read(own), passed_over=distrusted[0] if distrusted else None)
    if distrusted:
        raise CourseError(_untrusted(distrusted[0]))
    raise CourseError(f"no {CONFIGURATION} here or above; run grader in a course's folder, or set GRADER_COURSE to it")


def trust(root: Path) -> None:
    """Let a course be taken from this folder whenever somebody works in it. Raises CourseError, OSError."""
    root = root.resolve()
    if not (root / CONFIGURATION).is_file():
        raise CourseError(f"there is no {CONFIGURATION} in {root}")
    if not is_trusted(root):
        file = _trusted_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, "".join(f"{line}\n" for line in [*_trusted(), root]).encode())


def is_trusted(root: Path) -> bool:
    """Whether `trust` was said of it."""
    return str(root) in _trusted()


def _trusted() -> list[str]:
    try:
        return _trusted_file().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, RuntimeError):
        return []


def _trusted_file() -> Path:
    """In the user's configuration, as the XDG base directory specification has it."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "grader" / "trusted"


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


def _untrusted(root: Path) -> str:
    return (
        f"the course in {root} is not used, for its checks would run with all your rights; if you trust who made it, "
        f"say so once: grader trust {root}"
    )


def _suggestion(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; there is {', '.join(known)}" if known else ""
