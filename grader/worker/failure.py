"""Why there is no answer: an exception as a wire.Failure that shows the student's own frames only."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
from pathlib import Path

from grader.wire import Failure, Frame
from grader.worker.notebooks.guard import why_lost
from grader.worker.placeholders import PlaceholderUsed

# The kinds of failure.
RAISED = "raised"  # the student's code raised
NOT_WRITTEN = "not_written"  # NotImplementedError
MISSING = "missing"  # the module has no such name; detail: the name
VALUES = "values"  # another number of values came back; detail: the names that were expected
RETURNED = "returned"  # what came back could not be used
SIGNATURE = "signature"  # it could not be called like that
EXITED = "exited"  # exit(), sys.exit()
INPUT = "input"  # it waited for input
MEMORY = "memory"  # an allocation failed
CUDA = "cuda"  # it needs a GPU
DEVICES = "devices"  # it mixes what lies on the GPU and on the CPU; detail: "numpy" where it wanted an array
BROKEN = "broken"  # a kernel of it failed, after which its process can use the GPU no more
ENVIRONMENT = "environment"  # it cannot run on this Python or torch; detail: what it needs
SYNTAX = "syntax"  # the file does not parse
NO_FILE = "no_file"  # there is no such file
NO_MODULE = "no_module"  # it imports a module of the course that is not there; detail: its name
UNREADABLE = "unreadable"  # the answer cannot be carried
LEFT = "left"  # the module cannot be had anew: something is left behind

MESSAGE_LIMIT = 2000
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
    kind, detail = _kind(error, frames, in_ask, folder, checks)
    return Failure(
        kind,
        _clean(type(error).__name__, 100),
        _clean(_message(error, folder), MESSAGE_LIMIT),
        [_frame(frame, folder) for frame in own[-FRAMES_LIMIT:]],
        _clean(detail, 200),
    )


def _kind(
    error: BaseException, frames: traceback.StackSummary, in_ask: bool, folder: Path, checks: Path
) -> tuple[str, str]:
    message = _text(error)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return EXITED, type(error).__name__
    if isinstance(error, NotImplementedError):
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
    if isinstance(error, SyntaxError):
        if _PYTHON_2_SYNTAX.search(error.msg or ""):
            return ENVIRONMENT, "Python 2"
        return SYNTAX, str(error.lineno or 0)
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
        return _about_the_return(error, message, frames, folder, checks)
    return RAISED, ""


def _about_the_return(
    error: BaseException, message: str, frames: traceback.StackSummary, folder: Path, checks: Path
) -> tuple[str, str]:
    """The ask itself failed: on how the function may be called, or on what it gave back."""
    line = next(frame for frame in reversed(frames) if frame.filename == str(checks)).line or ""
    if isinstance(error, TypeError) and re.search(r"argument", message) and "unpack" not in message:
        return SIGNATURE, ""
    if isinstance(error, ValueError | TypeError) and re.search("unpack|iteration over a 0-d", message):
        return VALUES, _targets(line)
    if isinstance(error, AttributeError) and _is_own(owner := _class_of(error.obj), folder):
        return MISSING, f"{owner.__name__}.{error.name}"
    return RETURNED, ""


def _class_of(value: object) -> type:
    return value if isinstance(value, type) else type(value)


def _is_own(owner: type, folder: Path) -> bool:
    """Whether the class is defined in a file of the submission."""
    module = sys.modules.get(getattr(owner, "__module__", ""))
    return str(getattr(module, "__file__", "")).startswith(str(folder))


def _targets(line: str) -> str:
    """The names on the left of an assignment: "loss, dW = ..." -> "loss, dW"."""
    try:
        statement = ast.parse(line.strip()).body[0]
    except (SyntaxError, IndexError):
        return ""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
        return ", ".join(ast.unparse(name) for name in statement.targets[0].elts)
    return ""


def _message(error: BaseException, folder: Path) -> str:
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})" if error.lineno else ""
        return f"{error.msg}{where}"
    return f"{_text(error)}{_why_lost(error)}".replace(f"{folder}/", "")


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
