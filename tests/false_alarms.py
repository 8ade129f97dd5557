"""How often an exercise's property says of its reference that it does not hold."""

from __future__ import annotations

import copy
import importlib
import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from grader.property import failing
from grader.question import draw
from grader.spec import Exercise
from grader.wire import Tensor
from grader.worker.subject import Subject
from grader.worker.tensors import from_wire, map_leaves
from tests.coursework import COURSE, make_importable

STATISTICAL = [
    exercise
    for name in COURSE.names()
    for exercise in COURSE.assignment(name).checks.exercises
    if any(judged.false_alarm for judged in exercise.properties)
]


def inputs_of(exercise: Exercise, number: int, secret: bytes = b"false alarms") -> dict[str, Any]:
    """The inputs of one of an exercise's cases under a secret, and what it keeps back, as tensors."""
    question = draw(exercise, exercise.cases[number], secret, COURSE.assignments)
    wired = map_leaves({**question.inputs, **question.kept}, lambda x: Tensor.of(x) if hasattr(x, "dtype") else x)
    inputs: dict[str, Any] = from_wire(wired)
    return inputs


@dataclass(frozen=True)
class Asked:
    """What an exercise's ask returned, and what its properties say of that."""

    answer: dict[str, Any]
    failing: list[str]


def reference_of(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The reference that an exercise is put to, imported anew."""
    make_importable(exercise.module.checks.name, monkeypatch)
    monkeypatch.delitem(sys.modules, exercise.module.name, raising=False)
    return Subject(importlib.import_module(exercise.module.name), exercise.module.also)


def asked(exercise: Exercise, reference: Any, number: int, secret: bytes, **theirs: Any) -> Asked:
    """Put one of an exercise's cases to the reference with some of its functions replaced, and judge the answer."""
    own = {name: getattr(reference, name) for name in dir(reference._module) if not name.startswith("_")}
    submission = SimpleNamespace(**{**own, **theirs})
    inputs = inputs_of(exercise, number, secret)
    handed = {name: copy.deepcopy(inputs[name]) for name in exercise.inputs}
    torch.manual_seed(0)
    answer = exercise.ask(submission, **handed)
    failed: list[str] = []
    for judged in exercise.properties:
        failed += failing(judged.judge(reference, answer, **inputs), judged.false_alarm)
    return Asked(answer, failed)


def alarms(exercise: Exercise, runs: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the exercise's properties say of the reference, asked under so many seeds, on the cases in turn."""
    reference = reference_of(exercise, monkeypatch)
    cases = [inputs_of(exercise, number) for number in range(len(exercise.cases))]
    found: list[str] = []
    for seed in range(runs):
        torch.manual_seed(seed)
        inputs = {
            name: value.clone() if isinstance(value, torch.Tensor) else value
            for name, value in cases[seed % len(cases)].items()
        }
        answer = exercise.ask(reference, **{name: inputs[name] for name in exercise.inputs})
        inputs = {name: value.detach() if isinstance(value, torch.Tensor) else value for name, value in inputs.items()}
        for judged in exercise.properties:
            found += failing(judged.judge(reference, answer, **inputs), judged.false_alarm)
    return found
