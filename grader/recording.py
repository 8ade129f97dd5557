"""The reference's answers to the public cases, in a file: what a student has instead of the reference.

The file holds answers and measurements, no inputs: those are drawn again, and a digest says whether they are the same.

RecordingError      the file cannot be read, or something cannot be recorded; the sentence says what
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors
from safetensors.numpy import load, save

from grader import wire
from grader.course import Assignment
from grader.errors import GraderError
from grader.oracle import UNUSABLE, Answer, Measured, Nursery, Oracle, OracleFault
from grader.peer import Peer
from grader.question import Question
from grader.result import Result, Verdict
from grader.spec import Exercise, Version
from grader.worker.reference import ABSENT

NAME = "answers.safetensors"
VERSION = "1"
DIGITS = 7  # of the inputs' scale: another machine's library may round the last bits in another way
LARGEST = 64 << 20  # bytes of a file that is read


# Stands for an output that is not compared, but judged by a property: what the reference returns there (learning rates
# that work, say) would be a solution.
WITHHELD = wire.Opaque("withheld", "")


class RecordingError(GraderError):
    """No recording."""


@dataclass
class Recording:
    """Answers by the digest of their question, and what was measured of exercises. `pace` names no yardstick: that
    stands in the declaration. `version`: the assignment's, when it was recorded."""

    version: str
    numpy: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)  # "exercise/case" -> digest of its inputs
    measured: dict[str, Measured] = field(default_factory=dict)


def key(question: Question, versions: tuple[str, ...] = ()) -> str:
    """What an answer is found under: the exercise, the inputs, and the versions of the reference."""
    digest = hashlib.sha256()
    digest.update("\0".join((question.exercise.id, *versions)).encode())
    _digest(question.inputs, digest)
    return digest.hexdigest()[:32]


def _digest(value: Any, digest: Any) -> None:
    """Feed a tree of inputs; arrays in the precision in which every machine draws the same."""
    if isinstance(value, Mapping):
        digest.update(f"{{{len(value)}".encode())
        for name, item in value.items():
            digest.update(repr(name).encode())
            _digest(item, digest)
    elif isinstance(value, list | tuple):
        digest.update(f"{type(value).__name__}{len(value)}".encode())
        for item in value:
            _digest(item, digest)
    elif isinstance(value, np.ndarray | wire.Tensor):
        array = value if isinstance(value, np.ndarray) else value.array
        digest.update(f"{array.dtype.name}{array.shape}".encode())
        if array.dtype.kind == "f":
            finite = np.where(np.isfinite(array), array, 0).astype(np.float64)
            scale = np.abs(finite).max(initial=0.0) or 1.0
            digest.update(np.isnan(array).tobytes() + np.isposinf(array).tobytes() + np.isneginf(array).tobytes())
            array = np.rint(finite / scale * 10**DIGITS).astype(np.int64)
            digest.update(f"{scale:.6e}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    else:
        digest.update(f"{value:.12g}".encode() if isinstance(value, float) else repr(value).encode())


# -- the file ----------------------------------------------------------------------------------------------------------


def to_bytes(recording: Recording) -> bytes:
    """The file: a tensor for each tensor of an answer, and the rest as JSON beside them. Raises RecordingError."""
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    answers = {digest: _flat(answer, tensors) for digest, answer in recording.answers.items()}
    about = {
        "version": recording.version,
        "numpy": recording.numpy,
        "answers": answers,
        "cases": recording.cases,
        "measured": {name: asdict(one) for name, one in recording.measured.items()},
    }
    try:
        return bytes(save(tensors, {"format": VERSION, "recording": json.dumps(about)}))
    except (safetensors.SafetensorError, KeyError) as error:
        raise RecordingError(f"an answer cannot be recorded: {error}") from None


def read_recording(file: Path) -> Recording:
    """What `to_bytes` wrote. Raises RecordingError."""
    try:
        if file.stat().st_size > LARGEST:
            raise RecordingError(f"{file} is larger than any recording")
        data = file.read_bytes()
        size = int.from_bytes(data[:8], "little")
        about = json.loads(data[8 : 8 + size])["__metadata__"]
        if about["format"] != VERSION:
            raise RecordingError(f"{file} was recorded by another version of grader; ask for a new release")
        told, tensors = json.loads(about["recording"]), load(data)
        return Recording(
            told["version"],
            told["numpy"],
            {digest: _tree(node, tensors) for digest, node in told["answers"].items()},
            told["cases"],
            {name: _measured(one) for name, one in told["measured"].items()},
        )
    except OSError as error:
        raise RecordingError(f"{file} cannot be read: {error.strerror}") from None
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{file} is no recording of answers: {error}") from None


def _measured(told: dict[str, Any]) -> Measured:
    operations, naive = told["operations"], told["naive"]
    return Measured(
        (operations[0], operations[1]) if operations else None,
        told["memory"],
        (naive[0], naive[1]) if naive else None,
        told["pace"],
    )


def _flat(value: Any, tensors: dict[str, np.ndarray[Any, Any]]) -> Any:
    """A tree as JSON, its tensors by number."""
    if isinstance(value, wire.Tensor):
        name = str(len(tensors))
        tensors[name] = np.array(value.array, order="C")
        return {"tensor": [name, value.dtype, value.kind]}
    if isinstance(value, wire.Opaque):
        return {"opaque": [value.type, value.text]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_flat(item, tensors) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_flat(name, tensors), _flat(item, tensors)] for name, item in value.items()]}
    return value


def _tree(node: Any, tensors: dict[str, np.ndarray[Any, Any]]) -> Any:
    if not isinstance(node, dict):
        return node
    ((kind, value),) = node.items()
    if kind == "tensor":
        name, dtype, whose = value
        return wire.Tensor(tensors[name], dtype, whose)
    if kind == "opaque":
        return wire.Opaque(*value)
    if kind == "dict":
        return {_tree(name, tensors): _tree(item, tensors) for name, item in value}
    items = [_tree(item, tensors) for item in value]
    return tuple(items) if kind == "tuple" else items


AT_GRADING = "judged at grading only: its answer has to be seen next to the reference's, which is not here"


def without_reference(result: Result, unjudged: Collection[str]) -> Result:
    """The record where some exercises cannot be judged for want of the reference: neither right nor counted."""
    exercises = (
        msgspec.structs.replace(one, verdict=Verdict.ENVIRONMENT, points=0.0, out_of=0.0, sentence=AT_GRADING)
        if one.id in unjudged and one.verdict in (Verdict.RIGHT, Verdict.EDGE)
        else one
        for one in result.exercises
    )
    return result.with_exercises(exercises)


# -- the oracle --------------------------------------------------------------------------------------------------------


class RecordedOracle(Oracle):
    """Answers from a recording. Properties are judged by what checks.py says, as far as that needs no reference;
    `unjudged` are the exercises that one of their properties needs it for."""

    def __init__(self, nursery: Nursery, assignment: Assignment, recording: Recording) -> None:
        super().__init__(nursery, assignment)
        self._recording = recording
        self.unjudged: set[str] = set()

    def answer(self, question: Question, *versions: Version) -> Answer:
        """What was recorded. Raises OracleFault where the inputs are others than were recorded."""
        digest = key(question, tuple(version.id for version in versions))
        if digest in self._recording.answers:
            return self._recording.answers[digest]
        case = f"{question.exercise.id}/{question.case.name}"
        raise OracleFault(
            f"no answer to {case} was recorded for these inputs: the release was made with another checks.py, or with "
            f"NumPy {self._recording.numpy}, where this is {np.__version__}; install its requirements.txt"
        )

    def places(self, question: Question, device: str) -> dict[str, str] | None:
        """Nobody here can tell."""
        return None

    def measured(self, exercise: Exercise) -> Measured | None:
        """What was measured when the answers were recorded."""
        return self._recording.measured.get(exercise.id, Measured())

    def failed_claims(self, question: Question, answer: dict[str, Any], edition: Version | None = None) -> list[str]:
        """The claims that fail; none where they cannot be judged here, which `unjudged` remembers."""
        failed = self._claims(question, answer, None)
        if not isinstance(failed, str):
            return failed
        if ABSENT in failed:
            self.unjudged.add(question.exercise.id)
            return []
        return [UNUSABLE]

    def another(self, module: str, *versions: Version) -> Peer:
        """A worker that answers with the exercises' yardsticks."""
        worker = self._forked(module, ())
        self._call(worker, wire.encode(wire.Pace()))
        return worker

    def _module(self, name: str) -> Peer:
        """A worker that has read the checks, and has no module."""
        if name not in self._modules:
            worker = self.fresh()
            request = wire.LoadModule(
                folder=str(self._assignment.folder / "no reference"),
                module=name,
                siblings=list(self._assignment.checks.modules),
                given=str(self._assignment.course.given),
                checks=str(self._assignment.public),
            )
            self._call(worker, wire.encode(request))
            self._modules[name] = worker
        return self._modules[name]
