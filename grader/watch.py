"""Checks again whenever a file is saved: the exercises whose code changed.

WatchError      files cannot be watched here; the sentence says what to install
"""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from grader.errors import GraderError
from grader.result import Result
from grader.session import Session
from grader.spec import Exercise

QUIET = 50  # milliseconds without a change, after which a file counts as saved
LOOK = 1_000  # milliseconds after which the files are looked at anyhow: not every file system tells
BLOCK = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
METHOD = re.compile(r"\s+(?:async\s+)?def\s+(\w+)")


class WatchError(GraderError):
    """No watching."""


def saves(folder: Path) -> Iterable[set[Path]]:
    """The files that changed in a folder, each time some have, and none now and then, until the user interrupts.

    Raises WatchError."""
    try:
        watchfiles: Any = importlib.import_module("watchfiles")
    except ImportError:
        raise WatchError("--watch needs watchfiles: pip install 'grader[watch]'") from None
    how = {"debounce": 20 * QUIET, "step": QUIET, "rust_timeout": LOOK, "yield_on_timeout": True}
    for changes in watchfiles.watch(folder, recursive=False, raise_interrupt=False, **how):
        yield {Path(name) for _, name in changes}


def watch(
    session: Session,
    exercises: Sequence[str],
    show: Callable[[Result], None],
    fail: Callable[[Exception], None],
    announce: Callable[[str], None] = lambda sentence: None,
    changes: Iterable[set[Path]] | None = None,
) -> None:
    """Check once, and after each change what has changed, as long as there are changes. What goes wrong meanwhile
    (a file that is gone, say) is told to `fail`, and the watching goes on."""
    folder = session.folder
    known = _texts(session, folder)
    _check(session, exercises, show, fail)
    wanted = {exercise.id for exercise in session.assignment.select(exercises)}
    for saved in saves(folder) if changes is None else changes:
        now = _texts(session, folder)
        names = [name for name in now if now[name] != known.get(name)]
        touched = [
            e
            for name in names
            for e in changed(session.assignment.checks.modules[name].exercises, known.get(name, ""), now[name])
        ]
        if not names and any(path.suffix == ".ipynb" for path in saved):
            touched = list(session.assignment.checks.exercises)
        known = now
        again = [exercise.id for exercise in touched if exercise.id in wanted]
        if again:
            announce(f"{' and '.join(f'{name}.py' for name in names) or 'a notebook'} was saved")
            _check(session, again, show, fail)


def changed(exercises: Sequence[Exercise], before: str, after: str) -> list[Exercise]:
    """The exercises whose function, method or class was changed; all of them where anything else was (an import, a
    helper), since they may use it. Told from the lines, not by parsing: a file may be half written."""
    old, new = before.splitlines(), after.splitlines()
    places: set[tuple[str, str]] = set()
    for kind, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            places |= {_place(old, i) for i in range(a, b) if old[i].strip()}
            places |= {_place(new, i) for i in range(c, d) if new[i].strip()}
    found: list[Exercise] = []
    for exercise in exercises:
        name, _, method = exercise.name.partition(".")
        if any(block == name and inner in ("", method, "__init__") for block, inner in places):
            found.append(exercise)
    own = {exercise.name.partition(".")[0] for exercise in exercises}
    methods = {exercise.name for exercise in exercises}
    helper = any(
        block not in own
        or (inner and inner != "__init__" and f"{block}.{inner}" not in methods and block not in methods)
        for block, inner in places
    )
    return list(exercises) if helper else found


def _place(lines: list[str], at: int) -> tuple[str, str]:
    """The top-level function or class that a line stands in, and the method; "" where it stands outside."""
    method = ""
    for i in range(at, -1, -1):
        if not method and (inner := METHOD.match(lines[i])):
            method = inner.group(1)
        if block := BLOCK.match(lines[i]):
            is_class = lines[i].startswith("class")
            return block.group(1), method if is_class else ""
        if i < at and lines[i][:1].strip() and not lines[i].startswith(("#", ")", "@")):
            return "", ""
    return "", ""


def _texts(session: Session, folder: Path) -> dict[str, str]:
    """The modules as they are saved now; those that cannot be read are not there."""
    found: dict[str, str] = {}
    for name in session.assignment.checks.modules:
        try:
            found[name] = (folder / f"{name}.py").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return found


def _check(
    session: Session, exercises: Sequence[str], show: Callable[[Result], None], fail: Callable[[Exception], None]
) -> None:
    try:
        show(session.check(exercises))
    except Exception as error:
        fail(error)
