"""What the judge asks of a worker, and what a worker answers."""

from __future__ import annotations

import msgspec

from grader.wire.values import Packed

# -- messages: what the judge asks ------------------------------------------------------------------------------------


class Spawn(msgspec.Struct, tag="spawn"):
    """Fork; the child serves on the socket that comes along, and its stdout and stderr go to the pipe beside it."""


class Reap(msgspec.Struct, tag="reap"):
    """How did that child end?"""

    pid: int


class LoadModule(msgspec.Struct, tag="load"):
    """Import one module of a folder, and read the checks that speak about it."""

    folder: str
    module: str
    siblings: list[str]  # modules of the same course: missing ones are missing, not placeholders
    given: str
    checks: str
    hidden: str | None = None  # only ever for the reference


class Patch(msgspec.Struct, tag="patch"):
    """Reference only: import the modules again with these versions' replacements, one after the other."""

    versions: list[str]


class Ask(msgspec.Struct, tag="ask"):
    """Put an exercise's question; the inputs are a mapping."""

    exercise: str
    inputs: Packed
    seed: int
    device: str = "cpu"


class JudgeProperty(msgspec.Struct, tag="judge"):
    """Reference only: which claims of the exercise's properties does this answer fail?"""

    exercise: str
    inputs: Packed
    answer: Packed
    seed: int


class AskOracle(msgspec.Struct, tag="oracle"):
    """Reference only: the exercise's independent way to the same outputs."""

    exercise: str
    inputs: Packed
    seed: int


class Null(msgspec.Struct, tag="null"):
    """A question that asks nothing: its cost is the cost of asking."""


Request = Spawn | Reap | LoadModule | Patch | Ask | JudgeProperty | AskOracle | Null

# -- messages: what a worker answers ----------------------------------------------------------------------------------


class Frame(msgspec.Struct):
    """One line of the student's own code in a traceback."""

    file: str
    line: int
    function: str
    source: str


class Failure(msgspec.Struct, tag="failure"):
    """Why there is no answer. `kind` is one of `grader.worker.failure`'s; `detail` is a name that belongs to it."""

    kind: str
    error: str
    message: str
    frames: list[Frame] = []
    detail: str = ""


class Ready(msgspec.Struct, tag="ready"):
    """A worker has started."""

    pid: int


class Spawned(msgspec.Struct, tag="spawned"):
    """The child's process id in the worker's own namespace; a pidfd comes along where there is such a thing."""

    pid: int


class Reaped(msgspec.Struct, tag="reaped"):
    """The child's exit status (negative: the signal), or None while it lives."""

    status: int | None


class Loaded(msgspec.Struct, tag="loaded"):
    """The outcome of an import."""

    failure: Failure | None = None
    placeholders: list[str] = []


class Answer(msgspec.Struct, tag="answer"):
    """Named outputs, and what was seen beside them."""

    outputs: Packed
    changed: list[str] = []  # inputs that were changed in place


class Claims(msgspec.Struct, tag="claims"):
    """The sentences of the claims that failed."""

    failed: list[str]


class Done(msgspec.Struct, tag="done"):
    """Yes."""


Reply = Ready | Spawned | Reaped | Loaded | Answer | Claims | Done | Failure
