"""Why there is no answer: an exception as a wire.Failure that shows the student's own frames only."""

from __future__ import annotations

import linecache
import os
import re
import sys
import tempfile
import traceback
from pathlib import Path

from grader.wire import Failure, Frame
from grader.worker import returned
from grader.worker.notebooks.guard import why_lost
from grader.worker.placeholders import PlaceholderUsed
from grader.worker.reach import out_of_reach
from grader.worker.source import what_it_is

# The kinds of failure.
RAISED = "raised"  # the student's code raised; detail: the class of a network that did when it was called, or
# what is out of its reach
NOT_WRITTEN = "not_written"  # a `raise NotImplementedError` of the student's own
MISSING = "missing"  # the module has no such name; detail: the name
VALUES = "values"  # another number of values came back; detail: the names that were expected
NOTHING = "nothing"  # None came back; detail: in place of what
RETURNED = "returned"  # what came back could not be used
SIGNATURE = "signature"  # it could not be called like that
EXITED = "exited"  # exit(), sys.exit()
INPUT = "input"  # it waited for input
MEMORY = "memory"  # an allocation failed
CUDA = "cuda"  # it needs a GPU
DEVICES = "devices"  # it mixes what lies on the GPU and on the CPU; detail: "numpy" where it wanted an array
BROKEN = "broken"  # a kernel of it failed, after which its process can use the GPU no more
ENVIRONMENT = "environment"  # it cannot run on this Python or torch; detail: what it needs
SYNTAX = "syntax"  # the file does not parse; detail: what it is instead
NO_FILE = "no_file"  # there is no such file
NO_MODULE = "no_module"  # it imports a module of the course that is not there; detail: its name
UNREADABLE = "unreadable"  # the answer cannot be carried
LEFT = "left"  # the module cannot be had anew: something is left behind

GRADER = "grader"  # detail of what was raised in our own code

MESSAGE_LIMIT = 600
FRAMES_LIMIT = 6

_CUDA = re.compile(
    r"not compiled with CUDA|No CUDA GPUs|no NVIDIA driver|CUDA driver|Torch not linked with CUDA|"
    r"device type at start of device string: cuda|torch\.cuda\.is_available\(\) is False|Cannot access accelerator|"
    r"no CUDA-capable device"
)
_DEVICES = re.compile(
    r"on the same device|are on different devices|at least two devices|"
    r"Input type \(.*cuda.*\) and .*should be the same|and weight type \(.*cuda.*\) should be the same|"
    r"Expected a '?\w+'? device type for generator"
)
_TO_NUMPY = re.compile(r"can't convert \w+(:\d+)? device type tensor to numpy")
_BROKEN = re.compile(r"CUDA error: (?!out of memory)|device-side assert|CUBLAS_STATUS_EXECUTION|illegal memory access")
_MEMORY = re.compile(
    r"not enough memory|can't allocate memory|std::bad_alloc|Unable to allocate|CUDA (error: )?out of memory"
)
_PYTHON_2_SYNTAX = re.compile(r"Missing parentheses in call to|multiple exception types must be parenthesized")
_PYTHON_2_NAMES = ("xrange", "raw_input", "unicode", "basestring", "unichr", "reduce")
_OLD_ATTRIBUTES = re.compile(
    r"module '(numpy|torch|np)[\w.]*' has no attribute '(\w+)'|"
    r"'dict' object has no attribute '(iteritems|itervalues|has_key)'"
)


_ADDRESSED = re.compile(r"\n\s*\n|\nException raised from |\nFor debugging consider ")  # to others than a student
_FROM = re.compile(r" \((/[^()]*|unknown location)\)$")  # where a name could not be imported from
_LIBRARY = re.compile(r"(?<![\w.])/[^\s'\":()]*/(site-packages|python3\.\d+|grader)/")


def is_unwritten(told: Failure) -> bool:
    """Whether an exercise itself says that it is not written: a name that is not there, or the line of a stub."""
    if told.kind == NOT_WRITTEN:
        return bool(told.frames) and told.frames[-1].source.startswith("raise NotImplementedError")
    return told.kind == MISSING


class MissingName(AttributeError):
    """The module does not define the name that an ask wants."""


def failure(error: BaseException, folder: Path, checks: Path) -> Failure:
    """Classify what a question, or an import, raised; `folder` is the submission's, `checks` the file of the ask."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(folder))]
    in_ask = bool(frames) and not own and any(frame.filename == str(checks) for frame in frames)
    kind, detail = _kind(error, in_ask, folder, checks)
    return Failure(
        kind,
        _clean(type(error).__name__, 100),
        _clean(_message(error, folder), MESSAGE_LIMIT),
        [_frame(frame, folder) for frame in own[-FRAMES_LIMIT:]],
        _clean(detail, 200),
    )


def _kind(error: BaseException, in_ask: bool, folder: Path, checks: Path) -> tuple[str, str]:
    message = _text(error)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return EXITED, type(error).__name__
    if isinstance(error, NotImplementedError) and returned.raised_by_itself(error, folder):
        return NOT_WRITTEN, ""
    if isinstance(error, MissingName):
        return MISSING, message
    if isinstance(error, PlaceholderUsed):
        return ENVIRONMENT, f"`{error.name}`, which is not installed here"
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _MEMORY.search(message)):
        return MEMORY, ""
    if isinstance(error, RuntimeError | AssertionError) and _CUDA.search(message):
        return CUDA, ""
    if isinstance(error, TypeError) and _TO_NUMPY.search(message):
        return DEVICES, "numpy"
    if isinstance(error, RuntimeError | ValueError) and _DEVICES.search(message):
        return DEVICES, ""
    if isinstance(error, RuntimeError) and _BROKEN.search(message):
        return BROKEN, ""
    if isinstance(error, SyntaxError) or (isinstance(error, ValueError) and "null bytes" in message):
        if isinstance(error, SyntaxError) and _PYTHON_2_SYNTAX.search(error.msg or ""):
            return ENVIRONMENT, "Python 2"
        return SYNTAX, what_it_is(error)
    if isinstance(error, ModuleNotFoundError):
        return NO_MODULE, error.name or ""
    if isinstance(error, EOFError) and "reading a line" in message:
        return INPUT, ""
    if isinstance(error, NameError) and getattr(error, "name", "") in _PYTHON_2_NAMES:
        return ENVIRONMENT, f"Python 2 (`{error.name}`)"
    old = _OLD_ATTRIBUTES.search(message) if isinstance(error, AttributeError) else None
    if old:
        return ENVIRONMENT, f"an older {old[1] or 'Python'} (`{old[2] or old[3]}` is gone)"
    if in_ask:
        return _about_the_return(error, message, folder, checks)
    return RAISED, out_of_reach(error)


def _about_the_return(error: BaseException, message: str, folder: Path, checks: Path) -> tuple[str, str]:
    """The ask itself failed: on how the function may be called, or on what it gave back."""
    if returned.is_about_arguments(error, message, folder):
        return SIGNATURE, ""
    missing = returned.nothing(error, message, checks)
    if returned.is_about_number(error, message):
        return VALUES if not missing else NOTHING, missing or returned.targets(error, checks)
    if isinstance(error, AttributeError) and _is_own(owner := _class_of(error.obj), folder):
        return MISSING, f"{owner.__name__}.{error.name}"
    if missing:
        return NOTHING, missing
    called = returned.called(error, checks)
    return (RAISED, called) if called or isinstance(error, NotImplementedError) else (RETURNED, "")


def _class_of(value: object) -> type:
    return value if isinstance(value, type) else type(value)


def _is_own(owner: type, folder: Path) -> bool:
    """Whether the class is defined in a file of the submission."""
    module = sys.modules.get(getattr(owner, "__module__", ""))
    return str(getattr(module, "__file__", "")).startswith(str(folder))


def _message(error: BaseException, folder: Path) -> str:
    """What an exception says, without what is told to whoever debugs a library, and without places of this machine."""
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})" if error.lineno else ""
        return f"{error.msg}{where}"
    text = f"{_text(error).strip()}{_why_lost(error)}"
    text = _ADDRESSED.split(text, maxsplit=1)[0].replace(f"{folder}/", "")
    for place in filter(None, (os.environ.get("TMPDIR"), tempfile.tempdir)):
        text = text.replace(f"{place}/", "")
    return " ".join(_LIBRARY.sub("", _FROM.sub("", text)).split())


def _why_lost(error: BaseException) -> str:
    """Why a name of a module that was made of cells is not there."""
    if not isinstance(error, NameError) or not error.name or error.__traceback__ is None:
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return why_lost(last.filename, error.name)


def _text(error: BaseException) -> str:
    try:
        return str(error)[: 2 * MESSAGE_LIMIT]
    except Exception:
        return "an exception whose text fails"


def _frame(frame: traceback.FrameSummary, folder: Path) -> Frame:
    line = frame.lineno or 0
    source = linecache.getline(frame.filename, line).strip()
    name = frame.filename.removeprefix(str(folder)).lstrip("/")
    return Frame(_clean(name, 200), line, _clean(frame.name, 100), _clean(source, 200))


def _clean(text: str, limit: int) -> str:
    return text[:limit].encode("utf-8", "replace").decode("utf-8")
