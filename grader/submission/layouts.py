"""Folders of a class that have no platform's names: nbgrader's tree, clones of GitHub Classroom, and whatever was laid
side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os.path import commonprefix
from pathlib import Path

from grader.peer import printable
from grader.submission.archives import stem
from grader.submission.lms import Export, assignment_of
from grader.submission.named import Named
from grader.submission.opening import SubmissionError

STUDENTS_LIE_IN = ("submitted", "autograded")  # nbgrader's names: submitted/ada/a1/knn.ipynb
CLONES = "-submissions"  # a1-submissions/a1-ada, as `gh classroom clone student-repos` lays them

Laid = list[tuple[str, Path, Named]]


def is_class(folder: Path) -> bool:
    """Whether its name says that students' folders lie in it."""
    return folder.name in STUDENTS_LIE_IN or folder.name.endswith(CLONES)


def own(label: str, path: Path) -> Named:
    """The student who has the name of the file or folder; what has the same name is another attempt."""
    return Named(stem(label), label, attempt=(path.stat().st_mtime, label))


def read_layout(folder: Path, paths: Mapping[str, Path], assignment: str, say: Callable[[str], None]) -> Laid:
    """Whose each of these files and folders is, and where what they have handed in lies."""
    if folder.name in STUDENTS_LIE_IN:
        return _tree(paths, assignment, say)
    begins = _slug(folder, paths, assignment)
    if begins:
        say(f"read as clones of GitHub Classroom, {printable(begins)}NAME: {len(paths)} students")
    return [
        (label, path, Named(label[len(begins) :], label) if begins else own(label, path))
        for label, path in paths.items()
    ]


def _tree(paths: Mapping[str, Path], assignment: str, say: Callable[[str], None]) -> Laid:
    """student/assignment/files: the folder of this assignment, if anybody has one of its name; else all of theirs."""
    say(f"read as what nbgrader has collected: {len(paths)} students")
    if not any((path / assignment).is_dir() for path in paths.values() if assignment):
        return [(label, path, own(label, path)) for label, path in paths.items()]
    found = {label: path / assignment for label, path in paths.items()}
    return [(label, path, Named(label, label)) for label, path in found.items() if path.is_dir()]


def _slug(folder: Path, paths: Mapping[str, Path], assignment: str) -> str:
    """What the names of all clones begin with, with its hyphen; "" if they are none."""
    named = folder.name.removesuffix(CLONES) + "-" if folder.name.endswith(CLONES) else None
    if named and all(path.is_dir() and label.startswith(named) and label != named for label, path in paths.items()):
        return named
    if len(paths) < 2 or not all((path / ".git").exists() for path in paths.values()):
        return ""
    begins = commonprefix(list(paths))  # noqa: RUF071  of letters
    if assignment and begins.startswith(f"{assignment}-"):
        begins = f"{assignment}-"
    begins = begins[: begins.rfind("-") + 1]
    return "" if begins in paths else begins


def of_assignment(export: Export, labels: Sequence[str], folder: Path, assignment: str) -> list[str]:
    """The names that are of the platform, and where it tells that, of this assignment. Raises SubmissionError."""
    of = {label: assignment_of(label) for label in labels if label in export.named}
    others = sorted(set(of.values()))
    if export.platform != "nbgrader" or len(others) == 1:
        return list(of)
    if assignment not in others:
        raise SubmissionError(
            f"{folder} holds what was handed in for {' and '.join(map(printable, others[:5]))}; give a folder that "
            "holds one assignment's"
        )
    return [label for label, name in of.items() if name == assignment]
