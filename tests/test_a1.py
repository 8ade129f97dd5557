"""Assignment a1: its cases catch its misconceptions, and its references agree with independent ways to the answers."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from grader.compare import TOLERANCE, Comparison
from grader.question import Question, draw
from grader.spec import Checks, Exercise, Version, load_checks
from grader.wire import Tensor
from grader.worker.subject import Subject
from grader.worker.tensors import from_wire, map_leaves, to_wire

ROOT = Path(__file__).parent.parent
ASSIGNMENTS, SOLUTION = ROOT / "assignments", ROOT / "solutions" / "a1"
SUBMISSIONS = Path(__file__).parent / "submissions" / "a1"
SECRETS = (b"one secret", b"another secret")  # hidden inputs differ from one grading to the next


@cache
def checks() -> Checks:
    return load_checks(ASSIGNMENTS / "a1" / "checks.py", SOLUTION / "hidden.py")


def questions(exercise: Exercise, secret: bytes = SECRETS[0], hidden_only: bool = False) -> list[Question]:
    """An exercise's questions; of those that have no inputs the public ones count as hidden."""
    cases = [case for case in exercise.cases if case.hidden or not hidden_only or not exercise.inputs]
    return [asked(exercise.id, case.name, secret) for case in cases]


@cache
def asked(exercise_id: str, case_name: str, secret: bytes) -> Question:
    exercise = checks()[exercise_id]
    case = next(case for case in exercise.cases if case.name == case_name)
    return draw(exercise, case, secret, ASSIGNMENTS)


# One list for the ids: the decorators below are executed before any test.
EXERCISES = [e for e in checks().exercises if not (e.needs_cuda and not torch.cuda.is_available())]
MISCONCEPTIONS = [(e, version) for e in EXERCISES for version in e.misconceptions]
RIGHT_VERSIONS = [(e, v) for e in EXERCISES for v in [*e.alternatives, *([e.naive_version] if e.naive_version else [])]]
EDITIONS = [edition.version for module in checks().modules.values() for edition in module.editions.values()]


def by_id(value: Any) -> str:
    return value.id if isinstance(value, Exercise) else value.id.partition("#")[2]


def imported(folder: Path, name: str) -> ModuleType:
    """A fresh copy of a module. The modules of a1 do not import each other."""
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def course_helpers() -> Iterator[None]:
    """What submissions import and never use, as objects that accept everything."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("cv2", "google", "google.colab", "eecs598", "matplotlib", "matplotlib.pyplot"):
            patch.setitem(sys.modules, name, MagicMock())
        yield


@cache
def reference(name: str) -> ModuleType:
    return imported(SOLUTION, name)


def patched(*versions: Version) -> ModuleType:
    """The reference with the versions' replacements, one upon the other."""
    module_name = next(iter(versions[0].replacements)).partition(".")[0]
    built: list[Version] = []
    module = imported(SOLUTION, module_name)
    for version in versions:
        before = patched(*built) if built else reference(module_name)
        for target, function in version.replacements.items():
            holder: Any = module
            *classes, name = target.removeprefix(f"{module_name}.").split(".")
            for part in classes:
                holder = getattr(holder, part)

            def replacement(*args: Any, _function: Any = function, _ref: ModuleType = before, **kwargs: Any) -> Any:
                return _function(_ref, *args, **kwargs)

            setattr(holder, name, replacement)
        built.append(version)
    return module


def inputs_of(question: Question) -> dict[str, Any]:
    """The question's inputs as tensors, fresh ones for every call."""
    arrays = {name: wired(value) for name, value in question.inputs.items()}
    inputs: dict[str, Any] = from_wire(arrays)
    return inputs


def wired(value: Any) -> Any:
    return map_leaves(value, lambda leaf: Tensor.of(leaf.copy(order="K")) if isinstance(leaf, np.ndarray) else leaf)


def answer(module: ModuleType | Subject, question: Question) -> dict[str, Any]:
    """What the module answers, as the judge sees it."""
    with contextlib.redirect_stdout(io.StringIO()):
        outputs = question.exercise.ask(module, **inputs_of(question))
    return received(outputs)


def received(outputs: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = map_leaves(outputs, lambda leaf: to_wire(leaf) or leaf)
    return seen


def limit(exercise: Exercise) -> float:
    return exercise.tolerance or TOLERANCE[exercise.dtype]


def agree(exercise: Exercise, question: Question, expected: Any, got: Any, tolerance: float) -> bool:
    return Comparison(tolerance, exercise.any_dtype, question.scale)(expected, got).ok


def test_declared_and_complete() -> None:
    assert sum(exercise.points for exercise in checks().exercises) == 100
    assert {name: sum(e.points for e in m.exercises) for name, m in checks().modules.items()} == {
        "pytorch101": 30,
        "knn": 70,
    }
    for exercise in checks().exercises:
        assert exercise.misconceptions, exercise.id
        assert exercise.oracle_function is not None, exercise.id
        assert all(v.sentence.endswith(".") for v in exercise.misconceptions), exercise.id
        assert not exercise.inputs or any(case.hidden for case in exercise.cases), exercise.id
        if exercise.speed_points:
            assert exercise.naive_version is not None, exercise.id


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_reference_agrees_with_its_oracle(exercise: Exercise) -> None:
    assert exercise.oracle_function is not None
    for secret in SECRETS:
        for question in questions(exercise, secret):
            expected = received(exercise.oracle_function(reference(exercise.module.name), **inputs_of(question)))
            got = answer(reference(exercise.module.name), question)
            # Closer than what students are allowed: rounding must not eat up the tolerance.
            close = 1e-9 if exercise.tolerance is None else exercise.tolerance / 10
            assert agree(exercise, question, expected, got, close), question.case.name


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_reference_leaves_its_inputs_alone(exercise: Exercise) -> None:
    for question in questions(exercise):
        inputs, before = inputs_of(question), inputs_of(question)
        exercise.ask(reference(exercise.module.name), **inputs)
        for name, value in inputs.items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(value, before[name]), (question.case.name, name)


@pytest.mark.parametrize(("exercise", "version"), MISCONCEPTIONS, ids=by_id)
@pytest.mark.parametrize("secret", SECRETS)
def test_hidden_cases_catch_the_misconception(exercise: Exercise, version: Version, secret: bytes) -> None:
    wrong = patched(version)
    for question in questions(exercise, secret, hidden_only=True):
        try:
            got = answer(wrong, question)
        except Exception:
            return
        expected = answer(reference(exercise.module.name), question)
        if not agree(exercise, question, expected, got, 10 * limit(exercise)):
            return
    pytest.fail(f"no hidden case tells {version.id} from the reference")


@pytest.mark.parametrize(("exercise", "version"), RIGHT_VERSIONS, ids=by_id)
def test_other_right_formulations_pass(exercise: Exercise, version: Version) -> None:
    other = patched(version)
    for secret in SECRETS:
        for question in questions(exercise, secret):
            expected = answer(reference(exercise.module.name), question)
            assert agree(exercise, question, expected, answer(other, question), limit(exercise) / 2), question.case.name


@pytest.mark.parametrize("edition", EDITIONS, ids=by_id)
def test_edition_is_another_answer_for_the_whole_module(edition: Version) -> None:
    name = next(iter(edition.replacements)).partition(".")[0]
    other = patched(edition)
    for exercise in checks().modules[name].exercises:
        for question in questions(exercise):
            same = agree(exercise, question, answer(reference(name), question), answer(other, question), 1e-6)
            # Squaring keeps the order of distances: labels, accuracies and k stay the same.
            assert same is (not exercise.name.startswith("compute_distances"))


def styles() -> Iterator[tuple[str, Exercise]]:
    for folder in sorted(SUBMISSIONS.glob("styles_*")):
        for exercise in EXERCISES:
            yield folder.name, exercise


@pytest.mark.parametrize(("style", "exercise"), list(styles()), ids=lambda v: v if isinstance(v, str) else v.id)
def test_correct_submissions_agree(style: str, exercise: Exercise) -> None:
    """Under the module's usual edition, or under the same other one for all of its exercises."""
    with course_helpers():
        module = Subject(imported(SUBMISSIONS / style, exercise.module.name), exercise.module.also)
    editions = [reference(exercise.module.name)]
    editions += [patched(edition.version) for edition in exercise.module.editions.values()]
    wanted = 1 if (style, exercise.module.name) in SQUARED else 0
    for question in questions(exercise):
        expected = answer(editions[wanted], question)
        assert agree(exercise, question, expected, answer(module, question), limit(exercise)), question.case.name


SQUARED = {("styles_3", "knn")}


# The mistake that each wrong function of tests/submissions/a1/half makes; what is not here is right or not written.
HALF = {
    "pytorch101.multiples_of_ten": "the_end_left_out",
    "pytorch101.slice_indexing_practice": "the_column_without_its_dimension",
    "pytorch101.reverse_rows": "swapped_through_slices",
    "pytorch101.reshape_practice": "view_after_transpose",
    "pytorch101.zero_row_min": "a_slice_for_a_copy",
    "pytorch101.normalize_columns": "population_deviation",
    "pytorch101.challenge_get_uniques": "the_last_occurrence",
    "knn.compute_distances_one_loop": "root_missing",
    "knn.compute_distances_no_loops": "negative_under_the_root",
    "knn.predict_labels": "ties_by_distance",
    "knn.knn_cross_validate": "trained_on_a_single_fold",
    "knn.knn_get_best_k": "the_best_single_fold",
}
NOT_WRITTEN = {"pytorch101.mm_on_gpu", "pytorch101.challenge_mean_tensors"}
DEPENDENT = {"knn.KnnClassifier.predict", "knn.digits"}  # right in themselves, on top of functions that are not


def attempt(module: ModuleType, question: Question) -> dict[str, Any] | str:
    """The answer, or the name of the error that is raised."""
    try:
        return answer(module, question)
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_half_right_submission_makes_the_mistakes_it_is_meant_to(exercise: Exercise) -> None:
    half, ref = imported(SUBMISSIONS / "half", exercise.module.name), reference(exercise.module.name)
    if exercise.id in DEPENDENT:
        return
    known = exercise.id in HALF
    mistaken = patched(checks().version(f"{exercise.id}#{HALF[exercise.id]}")) if known else ref
    wrong = 0
    for question in questions(exercise):
        got, expected = attempt(half, question), answer(ref, question)
        if isinstance(got, dict) and agree(exercise, question, expected, got, limit(exercise)):
            continue
        wrong += 1
        theirs = attempt(mistaken, question)
        if isinstance(got, dict) and isinstance(theirs, dict):
            assert agree(exercise, question, theirs, got, 10 * limit(exercise)), question.case.name
        else:
            assert got == theirs or exercise.id in NOT_WRITTEN, question.case.name
    assert (wrong > 0) is (known or exercise.id in NOT_WRITTEN)
