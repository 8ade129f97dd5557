"""Why there is no answer, as a verdict and one sentence."""

from __future__ import annotations

import re
import signal
import sys
from dataclasses import dataclass, replace

from grader.discretion import discreet
from grader.interview import SUBMISSION_SECONDS, Imported
from grader.peer import Lost, PeerLost, printable
from grader.question import Question
from grader.response import Response
from grader.result import Verdict
from grader.wire import Failure, Frame
from grader.worker import failure as kinds
from grader.worker import reach


@dataclass(frozen=True)
class Explanation:
    """A verdict, what a student reads, and lines that say where."""

    verdict: Verdict
    sentence: str
    details: tuple[str, ...] = ()
    cause: str | None = None


LONGEST = 4_000  # characters of one sentence


def told_safely(text: str) -> str:
    """What stands in a record: it may quote a submission, whose length and control characters it bounds."""
    return printable(text[:LONGEST])


_OURS = re.compile(r"^ *File \"/[^\"\n]*/grader/[^\"\n]*\", line \d+, in .*\n(    .*\n)*", re.MULTILINE)
_WARNED = re.compile(r"^/\S*/grader/\S+\.py:\d+: (\w+: .*\n)(  .*\n)?", re.MULTILINE)
_PLACES = re.compile(r"(?<![\w.])/[^\s'\":]*/(site-packages|python3\.\d+|submission|worker-\d+)/")


def printed_plainly(text: str) -> str:
    """What a submission has printed, without lines of a traceback or a warning that are about this grader, and without
    places of the machine that it was graded on."""
    return _PLACES.sub("", _WARNED.sub(r"\1", _OURS.sub("", text)))


def explain(response: Response, question: Question) -> Explanation:
    """A response to a question without an answer; of a hidden one nothing is told that its inputs are in."""
    seconds = question.exercise.seconds
    if response.lost is not None:
        return _lost(response.lost, response.status, response.limit, seconds, "it")
    assert response.failure is not None
    if question.case.hidden:
        told = _failed(discreet(response.failure, question.exercise.module.name))
        away = "" if told.verdict is Verdict.NOT_ATTEMPTED else ", for inputs that are not shown"
        return replace(told, sentence=f"{told.sentence}{away}")
    return _failed(response.failure)


def explain_import(imported: Imported, seconds: float) -> Explanation:
    """An import that failed."""
    name = f"{imported.name}.py"
    if imported.lost is not None:
        return _lost(imported.lost, imported.status, imported.limit, seconds, f"importing {name}")
    failed = imported.failure
    assert failed is not None
    message = printable(failed.message)
    if failed.kind == kinds.NO_FILE:
        return Explanation(Verdict.NOT_ATTEMPTED, f"there is no {name} in the submission")
    if failed.kind == kinds.SYNTAX:
        whose = f"what {name} imports in line {failed.frames[-1].line}" if failed.frames else name
        return _no_python(whose, message, failed.detail)
    if failed.kind == kinds.NO_MODULE:
        missing = printable(failed.detail)
        return Explanation(
            Verdict.ENVIRONMENT, f"{name} imports `{missing}`, which is not in the submission", cause="import"
        )
    told = _failed(failed)
    return Explanation(told.verdict, f"{name} cannot be imported: {told.sentence}", told.details, told.cause)


def not_started(lost: PeerLost) -> Explanation:
    """Explain why there is no worker at all: the grader's fault, unless the submission has used up the memory."""
    if lost.cause is Lost.MEMORY:
        return Explanation(Verdict.OUT_OF_MEMORY, "it has used up all the memory that it may have", cause="memory")
    return Explanation(Verdict.GRADER_FAULT, f"no worker could be started: {lost}")


# What stands in a file that does not parse.
NO_PYTHON = {
    "utf-16": "is saved as UTF-16; save it as UTF-8",
    "null": "holds null bytes, which no text has: it is damaged, or another kind of file",
    "encoding": "is not saved as UTF-8; save it as UTF-8",
    "html": "holds a web page (HTML), not Python; download the file itself",
    "pointer": "is a pointer of Git LFS to a file that is not here; `git lfs pull` fetches it",
    "conflict": "holds the marks of a merge conflict, the first in line {}; decide for one side",
}


def _no_python(name: str, message: str, detail: str) -> Explanation:
    """A file that does not parse; `detail`: what it is instead (grader.worker.source)."""
    word, *numbers = printable(detail).split()[:3] or [""]
    if word == "python" and len(numbers) == 2:
        here = ".".join(map(str, sys.version_info[:2]))
        sentence = f"{name} uses syntax of Python {numbers[0]} in line {numbers[1]}; this grader's Python is {here}"
        return Explanation(Verdict.ENVIRONMENT, sentence, cause="python")
    if word in NO_PYTHON:
        line = numbers[0] if numbers else "?"
        return Explanation(Verdict.CRASHED, f"{name} {NO_PYTHON[word].format(line)}", cause="syntax")
    return Explanation(Verdict.CRASHED, f"{name} does not parse: {message}", cause="syntax")


def _failed(failed: Failure) -> Explanation:
    message, detail = printable(failed.message), printable(failed.detail)
    said = f": {message}" if message else ""
    where = _where(failed.frames)
    details = _trace(failed.frames)
    error = f"{printable(failed.error)}: {message}" if message else printable(failed.error)
    if failed.kind == kinds.NOT_WRITTEN:
        return Explanation(Verdict.NOT_ATTEMPTED, "not written yet")
    if failed.kind == kinds.MISSING:
        what = f"`{detail}`" if detail else "something that is asked for"
        return Explanation(Verdict.NOT_ATTEMPTED, f"{what} is not defined in the submission")
    if failed.kind == kinds.VALUES:
        wanted = f" ({detail})" if detail else ""
        return Explanation(Verdict.WRONG, f"it returns another number of values than is asked for{wanted}{said}")
    if failed.kind == kinds.SIGNATURE:
        return Explanation(Verdict.CRASHED, f"it cannot be called as the exercise says{said}")
    if failed.kind == kinds.NOTHING:
        return Explanation(Verdict.WRONG, f"{detail or 'something that it returns'} is None")
    if failed.kind == kinds.RETURNED:
        return Explanation(Verdict.WRONG, f"what it returns cannot be used: {error}")
    if failed.kind == kinds.EXITED:
        return Explanation(Verdict.CRASHED, f"it calls exit(){where}", details, cause="exit")
    if failed.kind == kinds.INPUT:
        return Explanation(Verdict.CRASHED, f"it waits for input{where}, and nobody is there to type", details)
    if failed.kind == kinds.MEMORY:
        return Explanation(Verdict.OUT_OF_MEMORY, f"it asks for more memory than there is{where}", details, "memory")
    if failed.kind == kinds.CUDA:
        return Explanation(
            Verdict.NEEDS_CUDA,
            f"it asks for a GPU{where}, and is shown none; keep to the device of the inputs (`x.device`)",
            details,
        )
    if failed.kind == kinds.DEVICES:
        mixed = "turns a tensor of the GPU into a NumPy array" if detail == "numpy" else "mixes tensors of GPU and CPU"
        cure = "stay with torch" if detail == "numpy" else "make new ones where the inputs are (`device=x.device`)"
        return Explanation(Verdict.CRASHED, f"it {mixed}{where}; {cure}", (*details, error))
    if failed.kind == kinds.BROKEN:
        told = f"a kernel of it fails on the GPU{where}, by an index out of range most often; the CPU says which"
        return Explanation(Verdict.CRASHED, told, (*details, error))
    if failed.kind == kinds.ENVIRONMENT:
        return Explanation(Verdict.ENVIRONMENT, f"it needs {detail or 'something that is not here'}{where}", details)
    if failed.kind == kinds.NO_MODULE:
        what = f"`{detail}`" if detail else "something"
        return Explanation(Verdict.ENVIRONMENT, f"it imports {what}, which is not here", details)
    if failed.kind == kinds.UNREADABLE:
        return Explanation(Verdict.WRONG, f"what it returns cannot be read{said}")
    limit = _limit(error)
    if limit is not None:
        return Explanation(Verdict.CRASHED, f"it {LIMITS[limit]}{where}: {error}", details, limit)
    if failed.kind == kinds.RAISED and failed.detail in REACH:
        where = f"{where}; {REACH[failed.detail]}"
    elif failed.kind == kinds.RAISED and detail and detail != kinds.GRADER:
        return Explanation(Verdict.CRASHED, f"the `{detail}` that it returns raises {error}", details)
    return Explanation(Verdict.CRASHED, f"it raises {error}{where}", details)


# What is out of reach where a submission is graded.
REACH = {
    reach.RELATIVE: "the current folder holds copies of what was handed in, files above 16 MB left out",
    reach.NETWORK: "what is graded cannot rely on a network",
    reach.PROGRAMS: "what is graded cannot rely on other programs",
}

# The limits that end a system call, and not the process: what the process is told, and what that means.
LIMITS = {
    "files": "opens more files than it may",
    "scratch": "writes more to its scratch folder than it may",
    "processes": "starts more processes or threads than it may",
}
_TOLD = (
    ("files", "[Errno 24]"),  # EMFILE
    ("scratch", "[Errno 27]"),  # EFBIG
    ("scratch", "[Errno 28]"),  # ENOSPC
    ("scratch", "[Errno 122]"),  # EDQUOT
    ("processes", "can't start new thread"),
    ("processes", "BlockingIOError: [Errno 11]"),  # EAGAIN, of fork
)


def _limit(error: str) -> str | None:
    return next((limit for limit, words in _TOLD if words in error), None)


def _lost(lost: PeerLost, status: int | None, limit: str | None, seconds: float, what: str) -> Explanation:
    if lost.cause is Lost.GRADER:
        return Explanation(Verdict.GRADER_FAULT, f"the grader could not ask: {lost.detail}")
    if limit == "memory" or lost.cause is Lost.MEMORY:
        return Explanation(Verdict.OUT_OF_MEMORY, f"{what} uses more memory than it may, and was ended", cause="memory")
    if limit == "submission":
        minutes = f"{SUBMISSION_SECONDS / 60:g} minutes"
        told = f"it was not asked, for all answers of this submission together may take {minutes}, and have"
        return Explanation(Verdict.TIMED_OUT, told, cause="submission")
    if lost.cause is Lost.TIMED_OUT:
        return Explanation(Verdict.TIMED_OUT, f"{what} did not end within {seconds:g} s", cause="wall")
    if lost.cause is Lost.SPENT:
        return Explanation(Verdict.TIMED_OUT, f"{what} used more CPU time than it may", cause="cpu")
    if lost.cause is Lost.PRINTED:
        return Explanation(Verdict.CRASHED, f"{what} prints without end: stopped after {lost.detail}", cause="output")
    if lost.cause is Lost.PROTOCOL:
        return Explanation(Verdict.CRASHED, f"{what} sent something that is no answer: {lost.detail}", cause="protocol")
    if limit == "processes":
        return Explanation(Verdict.CRASHED, f"{what} {LIMITS[limit]}, and ended", cause=limit)
    if status == -signal.SIGXCPU:
        return Explanation(Verdict.TIMED_OUT, f"{what} used more CPU time than it may", cause="cpu")
    if status is not None and status < 0:
        return Explanation(Verdict.CRASHED, f"{what} was ended by the system: {_signal(-status)}", cause="signal")
    told = f" (exit status {status})" if status is not None else ""
    return Explanation(Verdict.CRASHED, f"{what} ended its process{told}", cause="exit")


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    words = {"SIGSEGV": "a segmentation fault", "SIGABRT": "it aborted", "SIGKILL": "it was killed, perhaps for memory"}
    return f"{words[name]} ({name})" if name in words else name


def _where(frames: list[Frame]) -> str:
    if not frames:
        return ""
    last = frames[-1]
    return f" ({printable(last.file)}, line {last.line})" if last.file else ""


def _trace(frames: list[Frame]) -> tuple[str, ...]:
    return tuple(
        f"{printable(f.file)}, line {f.line}, in {printable(f.function)}: {printable(f.source)}"
        for f in frames
        if f.source
    )
