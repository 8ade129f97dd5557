"""What the judge asks of a worker, and what a worker answers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from grader.wire.values import Packed

# What student code may have written is bounded here, since it ends up in records and on terminals.
Pid = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
Name = Annotated[str, msgspec.Meta(max_length=1_000)]
Names = Annotated[list[Name], msgspec.Meta(max_length=1_000)]
Pairs = Annotated[list[tuple[Name, Name]], msgspec.Meta(max_length=1_000)]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Line = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]

# -- messages: what the judge asks ------------------------------------------------------------------------------------


class Spawn(msgspec.Struct, tag="spawn"):
    """Fork; the child serves on the socket that comes along, and its stdout and stderr go to the pipe beside it."""


class Reap(msgspec.Struct, tag="reap"):
    """How did that child end?"""

    pid: int


class LoadModule(msgspec.Struct, tag="load"):
    """Import one module of a folder, and read the checks that speak about it. Where another one of that folder was
    imported before, it is dropped; a Failure where it, or whoever was asked of it, has left something."""

    folder: str
    module: str
    siblings: list[str]  # modules of the same course: missing ones are missing, not placeholders
    given: str
    checks: str
    hidden: str | None = None  # only ever for the reference


class Anew(msgspec.Struct, tag="anew"):
    """Import the module again, and with it all of the submission's that it has imported: what exercises have left there
    is gone. Done, or a Failure where that cannot be had, or something is left elsewhere. `quiet`: no reply, and the
    Failure answers what is asked next."""

    quiet: bool = False


class Patch(msgspec.Struct, tag="patch"):
    """Reference only: import the modules again with these versions' replacements, one after the other."""

    versions: list[str]


class Ask(msgspec.Struct, tag="ask"):
    """Put an exercise's question; the inputs are a mapping."""

    exercise: str
    inputs: Packed
    seed: int
    device: str = "cpu"


class AskAll(msgspec.Struct, tag="ask all"):
    """Put several questions of an exercise, one after the other; the inputs are a list of mappings."""

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


class Pace(msgspec.Struct, tag="pace"):
    """Reference only: from now on answer a question with what the exercise's yardstick returns."""


class AskOracle(msgspec.Struct, tag="oracle"):
    """Reference only: the exercise's independent way to the same outputs."""

    exercise: str
    inputs: Packed
    seed: int


class Null(msgspec.Struct, tag="null"):
    """A question that asks nothing: its cost is the cost of asking."""


class Trim(msgspec.Struct, tag="trim"):
    """Give back what memory is free, as if nobody had been asked before."""


class Count(msgspec.Struct, tag="count"):
    """Put an exercise's question for the sake of the tensor operations that it takes; give up after `limit` of them."""

    exercise: str
    inputs: Packed
    seed: int
    limit: int


class Survey(msgspec.Struct, tag="survey"):
    """Make a device ready in this process, from which nobody may be forked afterwards, and say what it is."""

    device: str


class Inspect(msgspec.Struct, tag="inspect"):
    """Only ever to a worker that has run nobody's code: read this source and say what these functions do."""

    source: bytes
    functions: list[str]  # "name" or "Class.name", or "Class" for all of its methods


class FindUnwritten(msgspec.Struct, tag="find unwritten"):
    """Only ever to a worker that has run nobody's code: which of these functions are still placeholders?"""

    source: bytes
    functions: list[str]  # as in Inspect, or a longer name that begins like one of them


Request = (
    Spawn
    | Reap
    | LoadModule
    | Anew
    | Patch
    | Ask
    | AskAll
    | JudgeProperty
    | AskOracle
    | Pace
    | Null
    | Trim
    | Count
    | Inspect
    | FindUnwritten
    | Survey
)

# -- messages: what a worker answers ----------------------------------------------------------------------------------


class Frame(msgspec.Struct):
    """One line of the student's own code in a traceback."""

    file: Name
    line: Line
    function: Name
    source: Name


class Failure(msgspec.Struct, tag="failure"):
    """Why there is no answer. `kind` is one of `grader.worker.failure`'s; `detail` is a name that belongs to it."""

    kind: Name
    error: Name
    message: Text
    frames: Annotated[list[Frame], msgspec.Meta(max_length=100)] = []
    detail: Name = ""


class Ready(msgspec.Struct, tag="ready"):
    """A worker has started."""

    pid: Pid


class Spawned(msgspec.Struct, tag="spawned"):
    """The child's process id in the worker's own namespace; a pidfd comes along where there is such a thing."""

    pid: Pid


class Reaped(msgspec.Struct, tag="reaped"):
    """The child's exit status (negative: the signal), or None while it lives."""

    status: Annotated[int, msgspec.Meta(gt=-(1 << 31), lt=1 << 31)] | None


class Loaded(msgspec.Struct, tag="loaded"):
    """The outcome of an import. `alone`: it has used the GPU, which a fork of it could not: import it anew instead.
    `quick`: to import it again costs little, and where nothing else was left behind it is then as if it were new."""

    failure: Failure | None = None
    placeholders: Names = []
    alone: bool = False
    quick: bool = False


class Answer(msgspec.Struct, tag="answer"):
    """Named outputs, and what was seen beside them. `cpu` and `wall`: nanoseconds inside the ask, without what it takes
    to be asked; believed of a reference's worker only."""

    outputs: Packed
    changed: Names = []  # inputs that were changed in place
    shared: Pairs = []  # outputs that lie in the memory of an input, and that input
    cpu: int = 0
    wall: int = 0


class Seen(msgspec.Struct):
    """What was seen beside one of several answers, as in Answer."""

    changed: Names = []
    shared: Pairs = []
    cpu: int = 0
    wall: int = 0


class Answers(msgspec.Struct, tag="answers"):
    """The answers to several questions, a list of mappings; where the exercise is not written, a failure for each."""

    outputs: Packed
    seen: Annotated[list[Seen], msgspec.Meta(max_length=1_000)]
    failures: Annotated[list[Failure], msgspec.Meta(max_length=1_000)] = []


class Claims(msgspec.Struct, tag="claims"):
    """The sentences of the claims that failed."""

    failed: list[str]


class Operation(msgspec.Struct):
    """A tensor operation ("aten::mm"), how often it was dispatched, and where in the submission first."""

    name: str
    count: int
    file: str = ""
    line: int = 0


AUTOGRAD = "autograd"  # among operations: whatever is dispatched for the sake of derivatives that torch computes


class Counted(msgspec.Struct, tag="counted"):
    """The tensor operations of a question, and the named outputs that they led to; None where it was stopped at the
    limit, and is not `complete`."""

    total: int
    complete: bool
    operations: list[Operation]
    outputs: Packed | None = None


class Loop(msgspec.Struct):
    """A loop in a source. `kind` as a person reads it: "`for` loop", "list comprehension", "call of `map`"."""

    line: int
    kind: str
    function: str


class Use(msgspec.Struct):
    """A name that a source uses: "torch.cdist", or "?.norm" for an attribute of something unknown."""

    line: int
    name: str
    function: str


class Inspected(msgspec.Struct):
    """A function and whatever it calls in the same module. Of branches that exclude each other, only the one with most
    loops counts. `found`: the module defines it; else `imported_from` may say where it comes from."""

    name: str
    found: bool = False
    imported_from: str = ""
    loops: list[Loop] = []
    varying: list[Loop] = []  # the same without loops over a literally given, small number of steps
    uses: list[Use] = []
    unread: str = ""
    stars: list[Use] = []


class Inspection(msgspec.Struct, tag="inspection"):
    """What was read; `problem` says why nothing could be."""

    functions: list[Inspected] = []
    problem: str = ""


class Unwrote(msgspec.Struct):
    """What was read of a function. `found`: the module defines it; `what`: the function of it that is not written, and
    where that begins."""

    name: str
    found: bool = False
    what: str = ""
    line: int = 0


class Unwritten(msgspec.Struct, tag="unwritten"):
    """What was read; nothing where the source cannot be."""

    functions: list[Unwrote] = []


class Surveyed(msgspec.Struct, tag="surveyed"):
    """What a device is called, and its memory in bytes; or why it cannot be used."""

    name: Name = ""
    memory: Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)] = 0
    problem: Name = ""


class Done(msgspec.Struct, tag="done"):
    """Yes."""


Reply = (
    Ready
    | Spawned
    | Reaped
    | Loaded
    | Answer
    | Answers
    | Claims
    | Done
    | Failure
    | Counted
    | Inspection
    | Unwritten
    | Surveyed
)
