"""A case's question: inputs drawn once, encoded once, put to the submission and to the reference alike.

QuestionError   a case cannot be drawn; the sentence names the file and line of its declaration
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from grader import wire
from grader.compare import scale_of
from grader.draw import PUBLIC, Draw
from grader.spec import Case, CheckError, Exercise, TimedCase

OTHER = {"float64": "float32", "float32": "float64"}  # float type


@dataclass(frozen=True)
class Question:
    """One exercise, one set of inputs."""

    exercise: Exercise
    case: Case | TimedCase
    inputs: dict[str, Any]
    seed: int  # for torch, numpy and random in both workers; public
    kept: dict[str, Any] = field(default_factory=dict)  # never leaves the trusted side: for properties
    key: tuple[Hashable, ...] = field(default_factory=lambda: (object(),))  # equal keys, equal questions

    @cached_property
    def frame(self) -> wire.Encoded:
        """The request for a worker on the CPU, as bytes."""
        return self._encode("cpu")

    def encode(self, device: str) -> wire.Encoded:
        """The request, for a worker that puts the tensors on `device`. Raises CheckError where it cannot travel."""
        return self.frame if device == "cpu" else self._encode(device)

    def _encode(self, device: str) -> wire.Encoded:
        packer = wire.Packer()
        try:
            return wire.encode(wire.Ask(self.exercise.id, packer.pack(self.inputs), self.seed, device), packer)
        except wire.FrameError as error:
            raise CheckError(self.case.where, f"the case {self.case.name} cannot be asked: {error}") from None

    @cached_property
    def has_floats(self) -> bool:
        """Whether there is a float array among the inputs."""
        return _has_floats(self.inputs)

    @cached_property
    def has_tensors(self) -> bool:
        """Whether a worker gets a tensor of it."""
        found: list[Any] = []

        def note(array: Any) -> Any:
            found.append(array.shape)
            return array

        map_arrays(self.inputs, note)
        return bool(found)

    @cached_property
    def scale(self) -> float:
        """The largest magnitude among the float inputs, 1 where there is none."""
        return scale_of(self.inputs) or 1.0

    def cast(self, dtype: str) -> Question:
        """The same question with every float input in another dtype, and lying in memory as before."""
        if dtype not in self._casts:
            inputs = map_arrays(self.inputs, lambda x: _cast(x, dtype) if x.dtype.kind == "f" else x)
            self._casts[dtype] = replace(self, inputs=inputs, key=(*self.key, dtype))
        return self._casts[dtype]

    @cached_property
    def _casts(self) -> dict[str, Question]:
        return {}


def encode_all(questions: Sequence[Question], device: str) -> wire.Encoded | None:
    """Several questions of one exercise as one request; None where that is more than can be sent."""
    packer = wire.Packer()
    try:
        inputs = packer.pack([question.inputs for question in questions])
        return wire.encode(wire.AskAll(questions[0].exercise.id, inputs, questions[0].seed, device), packer)
    except wire.FrameError:
        return None


def _cast(x: np.ndarray, dtype: str) -> np.ndarray:
    """The values in another dtype; gaps between them stay: who fails for them does so in any dtype."""
    steps = [step // x.itemsize for step in x.strides]
    if x.flags.forc or not x.size or min(steps) < 0:
        return x.astype(dtype)
    last = sum((size - 1) * step for size, step in zip(x.shape, steps, strict=True))
    whole = np.zeros(last + 1, dtype)
    made = np.lib.stride_tricks.as_strided(whole, x.shape, [step * whole.itemsize for step in steps])
    made[...] = x
    return made


def draw(exercise: Exercise, case: Case | TimedCase, secret: bytes, data: Path, **size: int) -> Question:
    """The question of a case under a secret; public cases are the same for everybody. Raises CheckError."""
    key = secret if case.hidden else PUBLIC
    name = f"{exercise.id}/{case.name}"
    source = Draw(key, name, dtype=exercise.dtype, data=data)
    try:
        drawn = case.make(source, **size)
    except Exception as error:
        raise CheckError(case.where, f"the case {case.name} cannot be drawn: {error}") from error
    inputs, kept = drawn if isinstance(drawn, tuple) and len(drawn) == 2 else (drawn, {})
    for what, found, wanted in (("draws", inputs, exercise.inputs), ("keeps back", kept, exercise.kept)):
        if not isinstance(found, dict) or set(found) != set(wanted):
            names = ", ".join(sorted(found)) if isinstance(found, dict) else type(found).__name__
            taker = "the ask takes" if what == "draws" else "the properties take"
            raise CheckError(
                case.where,
                f"the case {case.name} {what} {names or 'nothing'}; {taker} {', '.join(wanted) or 'nothing'}",
            )
    # One seed for all questions of an exercise: one for each case would tell which case it is.
    named = (exercise.id, case.name, hashlib.sha256(key).digest(), *sorted(size.items()))
    return Question(exercise, case, inputs, zlib.crc32(exercise.id.encode()), kept, named)


def _has_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_floats, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_floats, value))
    array = value.array if isinstance(value, wire.Tensor) else value
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


def map_arrays(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same tree with `change` applied to every NumPy array."""
    if isinstance(value, dict):
        return {key: map_arrays(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [map_arrays(item, change) for item in value]
    if isinstance(value, tuple):
        return tuple(map_arrays(item, change) for item in value)
    if isinstance(value, wire.Tensor):
        return wire.Tensor(change(value.array), change(value.array).dtype.name, value.kind)
    return change(value) if isinstance(value, np.ndarray) else value
