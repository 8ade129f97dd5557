"""Checks again whenever a file is saved: the exercises whose code changed, and when it is quiet what calls that code.

WatchError      files cannot be watched here; the sentence says what to install
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from grader.errors import GraderError
from grader.fingerprint import Code
from grader.result import ExerciseResult, Result, Verdict
from grader.session import Session

QUIET = 50  # milliseconds without a change, after which a file counts as saved
LOOK = 1_000  # milliseconds after which the files are looked at anyhow: not every file system tells
STEP = 0.3  # seconds of quiet that are used at a time
FEW = 3  # exercises


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
    """Check once, and after each change what has changed, as long as there are changes. What goes wrong meanwhile is
    told to `fail`, and the watching goes on."""
    watcher = Watcher(session, exercises, show, fail, announce)
    watcher.begin()
    for _ in saves(session.folder) if changes is None else changes:
        if not watcher.look():
            watcher.use_the_quiet()


class Watcher:
    """What was told of a folder, and what is still to be asked. Exercises whose own code changed come at once; those
    that only call it wait until nothing is saved, one at a time, and are shown where they turn out otherwise."""

    def __init__(
        self,
        session: Session,
        exercises: Sequence[str],
        show: Callable[[Result], None],
        fail: Callable[[Exception], None],
        announce: Callable[[str], None],
    ) -> None:
        self._session = session
        self._wanted = [exercise.id for exercise in session.assignment.select(exercises)]
        self._exercises = exercises
        self._show = show
        self._fail = fail
        self._announce = announce
        self._code = Code({})
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._waiting: list[str] = []
        self._told: dict[str, tuple[float, bool]] = {}
        self._editions: dict[str, str | None] = {}
        self._foreseen = chain.from_iterable(map(session.foresee, self._wanted))

    def begin(self) -> None:
        """Check all that is wanted."""
        self._new_code()
        self._check(self._exercises, self._show, hasty=False)

    def look(self) -> bool:
        """Check what has changed since the last look; whether anything has."""
        before = self._code
        if not self._new_code():
            return False
        every = list(self._session.assignment.checks.exercises)
        touched = [one for one in every if self._code.whole(one) != before.whole(one)]
        own = [one for one in touched if self._code.own(one) != before.own(one)]
        now = [one.id for one in own or touched if one.id in self._wanted]
        later = [one.id for one in touched if one.id in self._wanted or one.module.editions]
        waiting = [name for name in dict.fromkeys([*self._waiting, *later]) if name not in now]
        self._waiting = sorted(waiting, key=lambda name: name not in self._wanted)
        if now:
            files = dict.fromkeys(
                f"{name}.py" for name, text in self._code.texts.items() if before.texts.get(name) != text
            )
            self._announce(f"{' and '.join(files)} was saved")
            self._check(now, self._show)
        return bool(touched)

    def use_the_quiet(self) -> None:
        """Check one of the exercises that wait; then prepare for a first wrong answer, where few are watched."""
        if self._waiting:
            self._check([self._waiting.pop(0)], self._show_news)
        elif len(self._wanted) <= FEW:
            until = time.monotonic() + STEP
            try:
                for _ in self._foreseen:
                    if time.monotonic() > until:
                        break
            except GraderError as error:
                self._fail(error)

    def _new_code(self) -> bool:
        """Read the files again where one was saved; whether they hold anything new. What is gone stays as it was: an
        editor may be about to put another file in its place."""
        stamps: dict[Path, tuple[int, int]] = {}
        for file in sorted(self._session.folder.iterdir()) if self._session.folder.is_dir() else []:
            if file.suffix in (".py", ".ipynb"):
                try:
                    told = file.stat()
                except OSError:
                    continue
                stamps[file] = told.st_mtime_ns, told.st_size
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        try:
            code = self._session.code()
        except GraderError:
            return False
        before, self._code = self._code, Code({**self._code.texts, **code.texts})
        return self._code.texts != before.texts

    def _check(self, exercises: Sequence[str], show: Callable[[Result], None], hasty: bool = True) -> None:
        try:
            result = self._session.check(exercises, hasty=hasty)
        except Exception as error:
            self._fail(error)
            return
        editions = {module.name: module.edition for module in result.modules if module.imported}
        others = [name for name, now in editions.items() if now != self._editions.get(name, now)]
        self._editions |= editions
        again = [name for name in self._wanted if name.partition(".")[0] in others]
        if hasty and again:  # all of the module are told otherwise now
            self._waiting = [name for name in self._waiting if name.partition(".")[0] not in others]
            self._check(again, self._show, hasty=False)
            return
        show(result)
        if all(module.imported for module in result.modules):
            self._told |= {one.id: _state(one) for one in result.exercises}

    def _show_news(self, result: Result) -> None:
        """Show what is otherwise than it was told last, of what is wanted. That a file cannot be imported was told."""
        news = any(one.id in self._wanted and self._told.get(one.id) != _state(one) for one in result.exercises)
        if news and all(module.imported for module in result.modules):
            self._announce("which makes a difference to what calls it")
            self._show(result)


def _state(told: ExerciseResult) -> tuple[float, bool]:
    """What is news when it changes: among others a blocked exercise is wrong, alone it is wrong too."""
    return told.points, told.verdict is Verdict.RIGHT
