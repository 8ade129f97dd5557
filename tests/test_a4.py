"""Assignment a4: its hidden cases tell every mistake from the reference and from every other mistake, its references
agree with the library, with autograd and with arithmetic by hand."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from grader.compare import TOLERANCE, Comparison
from grader.question import Question, draw
from grader.spec import Checks, Exercise, Version, load_checks
from grader.wire import Tensor
from grader.worker.reference import failed_claims, patch
from grader.worker.tensors import from_wire, map_leaves, to_wire

ROOT = Path(__file__).parent.parent
ASSIGNMENTS, SOLUTION = ROOT / "assignments", ROOT / "solutions" / "a4"
SECRETS = (b"one secret", b"another secret")  # hidden inputs differ from one grading to the next


@cache
def checks() -> Checks:
    return load_checks(ASSIGNMENTS / "a4" / "checks.py", SOLUTION / "hidden.py")


# One list for the ids: the decorators below are executed before any test.
EXERCISES = list(checks().exercises)
MODULES = list(checks().modules)
MISCONCEPTIONS = [(e, version) for e in EXERCISES for version in e.misconceptions]
RIGHT_VERSIONS = [(e, version) for e in EXERCISES for version in e.alternatives]
NAIVE_VERSIONS = [(e, e.naive_version) for e in EXERCISES if e.naive_version]
WITH_ORACLE = [e for e in EXERCISES if e.oracle_function]


def by_id(value: Any) -> str:
    return value.id.partition(".")[2] if isinstance(value, Exercise) else value.id.partition("#")[2]


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """The references and what they import, for these tests only; one thread, as in a worker."""
    with pytest.MonkeyPatch.context() as context:
        for folder in (SOLUTION, ASSIGNMENTS / "given"):
            context.syspath_prepend(str(folder))
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        forget()
        yield
        forget()
        torch.set_num_threads(threads)


def forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in (*MODULES, "digits_network", "eecs598")]:
        del sys.modules[name]


@cache
def reference(module: str) -> Any:
    forget()
    return importlib.import_module(module)


def patched(module: str, version: Version) -> Any:
    """A fresh copy of the reference with the version in place."""
    forget()
    importlib.import_module(module)
    return patch(module, MODULES, [version])


@cache
def questions(exercise_id: str, secret: bytes, hidden_only: bool = False) -> list[Question]:
    exercise = checks()[exercise_id]
    cases = [case for case in exercise.cases if case.hidden or not hidden_only]
    return [draw(exercise, case, secret, ASSIGNMENTS) for case in cases]


def tensors(values: dict[str, Any]) -> dict[str, Any]:
    """Inputs as tensors, fresh ones for every call."""
    wired = map_leaves(values, lambda leaf: Tensor.of(leaf.copy(order="K")) if isinstance(leaf, np.ndarray) else leaf)
    converted: dict[str, Any] = from_wire(wired)
    return converted


def answer(module: Any, question: Question) -> dict[str, Any]:
    """What the module answers, as the judge sees it."""
    torch.manual_seed(question.seed)
    with contextlib.redirect_stdout(io.StringIO()):
        return received(question.exercise.ask(module, **tensors(question.inputs)))


def received(outputs: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = map_leaves(outputs, lambda leaf: to_wire(leaf) or leaf)
    return seen


def limit(exercise: Exercise) -> float:
    return exercise.tolerance or TOLERANCE[exercise.dtype]


def agree(question: Question, expected: Any, got: Any, tolerance: float) -> bool:
    """Whether what is compared agrees; what only properties judge does not count."""
    compared = [
        {name: value for name, value in side.items() if question.exercise.compares(name)} for side in (expected, got)
    ]
    return Comparison(tolerance, question.exercise.any_dtype, question.scale)(*compared).ok


def claims(question: Question, got: dict[str, Any]) -> list[str]:
    """The claims of the exercise's properties that an answer fails."""
    torch.manual_seed(question.seed)
    inputs = tensors({**question.inputs, **question.kept})
    return failed_claims(question.exercise, reference(question.exercise.module.name), from_wire(got), inputs)


def right(question: Question, got: dict[str, Any], tolerance: float) -> bool:
    expected = expected_of(question)
    return agree(question, expected, got, tolerance) and not claims(question, got)


EXPECTED: dict[int, dict[str, Any]] = {}


def expected_of(question: Question) -> dict[str, Any]:
    """The reference's answer, asked for once."""
    if id(question) not in EXPECTED:
        EXPECTED[id(question)] = answer(reference(question.exercise.module.name), question)
    return EXPECTED[id(question)]


def test_declared_and_complete() -> None:
    assert {name: sum(e.points for e in m.exercises) for name, m in checks().modules.items()} == {
        "pytorch_autograd_and_nn": 25,
        "rnn_lstm_attention_captioning": 45,
        "network_visualization": 15,
        "style_transfer": 15,
    }
    for exercise in EXERCISES:
        assert exercise.misconceptions, exercise.id
        assert all(v.sentence.endswith(".") for v in exercise.misconceptions), exercise.id
        assert any(case.hidden for case in exercise.cases), exercise.id
        assert (exercise.naive_version is None) == (exercise.timed_case is None), exercise.id


@pytest.mark.parametrize("exercise", WITH_ORACLE, ids=by_id)
def test_reference_agrees_with_its_oracle(exercise: Exercise) -> None:
    """The library's layers and optimizers; autograd for every backward pass."""
    assert exercise.oracle_function is not None
    for secret in SECRETS:
        for question in questions(exercise.id, secret):
            torch.manual_seed(question.seed)
            module = reference(exercise.module.name)
            independent = received(exercise.oracle_function(module, **tensors(question.inputs)))
            # Closer than what students are allowed: rounding must not eat up the tolerance.
            assert agree(question, independent, expected_of(question), 1e-9), question.case.name
            assert not claims(question, independent), question.case.name


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_reference_has_its_own_properties(exercise: Exercise) -> None:
    for question in questions(exercise.id, SECRETS[0]):
        assert not claims(question, expected_of(question)), question.case.name


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_reference_leaves_its_inputs_alone(exercise: Exercise) -> None:
    for question in questions(exercise.id, SECRETS[0])[:2]:
        inputs, before = tensors(question.inputs), tensors(question.inputs)
        with contextlib.redirect_stdout(io.StringIO()):
            exercise.ask(reference(exercise.module.name), **inputs)
        for name, value in inputs.items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(value, before[name]), (question.case.name, name)


@pytest.mark.parametrize(("exercise", "version"), MISCONCEPTIONS, ids=by_id)
def test_hidden_cases_catch_the_misconception(exercise: Exercise, version: Version) -> None:
    for secret in SECRETS:
        wrong = patched(exercise.module.name, version)
        assert any(caught(wrong, question) for question in questions(exercise.id, secret, hidden_only=True))


def caught(wrong: Any, question: Question) -> bool:
    """Whether the answer is clearly outside the tolerance, or there is none."""
    try:
        got = answer(wrong, question)
    except Exception:
        return True
    return not right(question, got, 10 * limit(question.exercise))


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_no_misconception_is_taken_for_another(exercise: Exercise) -> None:
    """Each fails on some case in a way that no other one does: so its own sentence is the only hint."""
    asked = questions(exercise.id, SECRETS[0])
    answers = {}
    for version in exercise.misconceptions:
        wrong = patched(exercise.module.name, version)
        answers[version.id] = [attempt(wrong, question) for question in asked]
    for one, theirs in answers.items():
        failed = [i for i, got in enumerate(theirs) if got and not right(asked[i], got, limit(exercise))]
        for other, others in answers.items():
            if other != one and failed:
                assert not all(alike(asked[i], others[i], theirs[i]) for i in failed), f"{one} looks like {other}"


def alike(question: Question, one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Whether a diagnosis takes two wrong answers for the same mistake."""
    if one is None or other is None or not agree(question, one, other, 10 * limit(question.exercise)):
        return False
    return not question.exercise.properties or claims(question, one) == claims(question, other)


def attempt(wrong: Any, question: Question) -> dict[str, Any] | None:
    try:
        return answer(wrong, question)
    except Exception:
        return None


@pytest.mark.parametrize(("exercise", "version"), RIGHT_VERSIONS, ids=by_id)
def test_other_right_formulations_pass(exercise: Exercise, version: Version) -> None:
    other = patched(exercise.module.name, version)
    for question in questions(exercise.id, SECRETS[0]):
        assert right(question, answer(other, question), limit(exercise) / 10), question.case.name


@pytest.mark.parametrize(("exercise", "version"), NAIVE_VERSIONS, ids=by_id)
def test_naive_versions_are_right(exercise: Exercise, version: Version) -> None:
    slow = patched(exercise.module.name, version)
    for question in questions(exercise.id, SECRETS[0]):
        assert right(question, answer(slow, question), limit(exercise)), question.case.name


def test_a_captioner_learns_to_describe_pictures() -> None:
    """The pictures that are given are real enough: after some seconds most words of new pictures are right."""
    module = reference("rnn_lstm_attention_captioning")
    digits_network = importlib.import_module("digits_network")
    torch.manual_seed(0)
    digits = ASSIGNMENTS / "data" / "digits.npz"
    pictures, captions = digits_network.captioned_digits(digits, 2000, seed=1)
    net = module.CaptioningRNN(digits_network.WORD_TO_IDX, 64, 64, 128, "attention", ignore_index=0)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(8):
        for chosen in torch.randperm(len(pictures)).split(100):
            optimizer.zero_grad()
            net(pictures[chosen], captions[chosen]).backward()
            optimizer.step()
    pictures, captions = digits_network.captioned_digits(digits, 300, seed=2)
    told, weights = net.sample(pictures, 5)
    words = captions[:, 1:] != 0
    assert float((told == captions[:, 1:])[words].double().mean()) > 0.75
    assert torch.allclose(weights.sum(dim=(2, 3)), torch.ones(300, 5))
