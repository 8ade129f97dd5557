"""Executes checks.py, and hidden.py where it may be known, and returns what they declare."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from grader.spec.checks import Checks
from grader.spec.errors import CheckError, Location

# Declarations without hidden parts that were loaded before this process was forked: by the file's name, with its text.
_loaded: dict[str, tuple[str, Checks]] = {}


def preload_checks(source: str, public: Path) -> None:
    """Load a declaration whose text is `source` for all processes that are forked from this one, in which it will lie
    at `public`. What is wrong with it is told where it is loaded there."""
    if _loaded.get(str(public), ("", None))[0] == source:
        return
    _loaded.clear()
    try:
        _loaded[str(public)] = source, _load(public, None, source)
    except CheckError:
        pass


def load_checks(public: Path, hidden: Path | None = None) -> Checks:
    """The declaration in `public` (a checks.py) and, if given, `hidden` (a hidden.py) with the hidden_*.py beside it.

    The hidden files reach the public names with `from checks import ...`, and those beside `hidden` its names with
    `from hidden import ...`. Raises CheckError, which names file and line, for whatever is wrong in any of them."""
    source = _read(public)
    if hidden is None and str(public) in _loaded and _loaded[str(public)][0] == source:
        return _loaded[str(public)][1]
    return _load(public, hidden, source)


def _load(public: Path, hidden: Path | None, source: str) -> Checks:
    module = _execute("checks", public, source)
    checks = next((value for value in vars(module).values() if isinstance(value, Checks)), None)
    if checks is None:
        raise CheckError(Location(str(public), 1), 'declares no assignment: checks = Checks("a1", title="...")')
    if hidden is not None:
        checks.loading_hidden = True
        names = ("checks", hidden.stem)
        before = {name: sys.modules[name] for name in names if name in sys.modules}
        sys.modules["checks"] = module
        try:
            sys.modules[hidden.stem] = _execute(hidden.stem, hidden, _read(hidden))
            for file in sorted(hidden.parent.glob("hidden_*.py")):
                _execute(file.stem, file, _read(file))
        finally:
            checks.loading_hidden = False
            for name in names:
                sys.modules.pop(name, None)
            sys.modules.update(before)
    checks.verify()
    return checks


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CheckError(Location(str(path), 1), f"cannot be read: {error.strerror}") from error


def _execute(name: str, path: Path, source: str) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = str(path)
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    except CheckError:
        raise
    except SyntaxError as error:
        raise CheckError(Location(str(path), error.lineno or 1), f"does not parse: {error.msg}") from error
    except Exception as error:
        raise CheckError(_line_in(path, error), f"{type(error).__name__}: {error}") from error
    return module


def _line_in(path: Path, error: Exception) -> Location:
    """The innermost line of `path` that the error passed through."""
    line, traceback = 1, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return Location(str(path), line)
