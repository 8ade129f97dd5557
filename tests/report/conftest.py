"""Three classes that are really graded, once a session: toys of every kind, a hostile one, and one that is timed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.gradebook import Entry
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Plain
from grader.submission import SubmissionError, open_submission
from tests.conftest import ROOT

# What each student of the toy class does to the reference's files: text that is replaced by other text, file by file.
TOYS: dict[str, dict[str, tuple[tuple[str, str], ...] | str | None]] = {
    "ada": {},
    "grace": {"algebra": (("return x * factor", "return x + factor"),)},
    "emmy": {"algebra": (("scale(x, 2)", "x"), ("return x * factor", "return x * factor * (x > 0)"))},
    "kurt": {"algebra": (("return (x * x).sum(), scale(x, 2)", "return sum(v * v for v in x.ravel()), 2 * x"),)},
    "alan": {"algebra": (("return x * factor", "print('here')\n    return x[100] * factor"),), "chance": None},
    "paul": {"algebra": "def scale(x, factor:\n    return x\n"},
    "lazy": {
        "algebra": "def scale(x, factor):\n    pass\n",
        "chance": "def coin(n, p):\n    raise NotImplementedError\n",
    },
    "nan": {"algebra": (("return x * factor", "return (x * factor).log()"),)},
}
MARKUP = "<script>document.title='owned'</script><img src='http://127.0.0.1:1/x' onerror=\"document.title='owned'\">"
HOSTILE = f"""
import torch
MARKUP = {MARKUP!r}
print(MARKUP, "]]>", "\\x1b[31m", "\\x00\\ufffe")
class Evil(Exception):
    pass
Evil.__name__ = MARKUP
def scale(x, factor):
    print("=HYPERLINK(1)", MARKUP, "]]>", "\\x00\\ufffe")
    raise Evil(MARKUP + "\\x08")
def energy(x):
    return {{MARKUP: x}}, x
class Counter:
    def __init__(self, above): pass
    def count(self, x): return MARKUP
"""
TIMED = {
    "swift": (),
    "slow": (("return x @ w @ w @ w @ w", "return torch.stack([row @ w @ w @ w @ w for row in x])"),),
}

GradeFiles = Callable[[Path, dict[str, str]], Result]


def entry(student: str, result: Result | None, *, problem: str | None = None, fault: str | None = None) -> Entry:
    """As a gradebook tells it."""
    at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    return Entry(student, f"{student}.zip", at, "0" * 64, result, problem, fault, 1, at)


def changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    """`text` with each first of a pair replaced by the second; that must be there."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def graded(judge: Judge, assignment: Assignment, folder: Path, files: dict[str, str]) -> Result:
    """The record of a folder with these files."""
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return judge.grade(open_submission(folder, assignment.checks.modules), "none")


@pytest.fixture(scope="session")
def toy_class(nursery: Plain, oracle: Oracle, toy: Assignment, tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Every student of TOYS; one whose archive was empty, one whom the grader failed, one who waits."""
    judge = Judge(toy, oracle, nursery, Options(timed=False))
    folder = tmp_path_factory.mktemp("toys")
    entries = []
    for student, modules in TOYS.items():
        files = {}
        for name in toy.checks.modules:
            change = modules.get(name, ())
            if isinstance(change, str):
                files[name] = change
            elif change is not None:
                files[name] = changed((toy.solution / f"{name}.py").read_text(), change)
        entries.append(entry(student, graded(judge, toy, folder / student, files)))
    try:
        (folder / "empty").mkdir()
        open_submission(folder / "empty", toy.checks.modules)
    except SubmissionError as error:
        entries.append(entry("empty", None, problem=str(error)))
    entries.append(entry("unlucky", None, fault="no worker could be started"))
    entries.append(entry("waiting", None))
    return entries


@pytest.fixture(scope="session")
def hostile(nursery: Plain, oracle: Oracle, toy: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Entry:
    """A submission that tries to be a program wherever it is shown."""
    judge = Judge(toy, oracle, nursery, Options(timed=False))
    files = {"algebra": HOSTILE, "chance": f"raise ValueError({MARKUP!r})"}
    result = graded(judge, toy, tmp_path_factory.mktemp("hostile") / "h", files)
    return entry(f'=cmd|"/c calc"!A1{MARKUP}\x1b\x00', result)


@pytest.fixture(scope="session")
def timed() -> Assignment:
    """The course with limits on time."""
    return find_course(ROOT / "tests" / "courses" / "timed").assignment("k1")


@pytest.fixture(scope="session")
def timed_class(nursery: Plain, timed: Assignment, tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """The reference, and a loop over the rows."""
    judge = Judge(timed, Oracle(nursery, timed), nursery, Options())
    text = (timed.solution / "kernels.py").read_text()
    folder = tmp_path_factory.mktemp("timed")
    return [
        entry(student, graded(judge, timed, folder / student, {"kernels": changed(text, changes)}))
        for student, changes in TIMED.items()
    ]
