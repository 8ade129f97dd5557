"""Assignment a2: its cases catch its misconceptions, its references agree with independent ways to the answers, and
submissions get what they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from grader.course import Assignment, find_course
from grader.grading import check
from grader.judge import Judge, Options
from grader.result import Result, Verdict
from grader.spec import Exercise
from grader.submission import open_submission
from grader.validate import exercises as proofs
from grader.validate.bench import Bench

ROOT = Path(__file__).parent.parent
SUBMISSIONS = Path(__file__).parent / "submissions" / "a2"
SECRET = b"the secret of test_a2"


@cache
def a2() -> Assignment:
    return find_course(ROOT).assignment("a2")


EXERCISES = list(a2().checks.exercises)


def by_id(exercise: Exercise) -> str:
    return exercise.id


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(a2()) as opened:
        yield opened


@pytest.fixture(scope="module")
def judge(bench: Bench) -> Judge:
    """One judge for all submissions: the reference answers once."""
    return Judge(a2(), bench.oracle, bench.nursery, Options(secret=SECRET))


def graded(judge: Judge, folder: Path) -> Result:
    return judge.grade(open_submission(folder, list(a2().checks.modules)), "none")


def test_points_are_as_declared() -> None:
    points = {name: sum(e.points for e in module.exercises) for name, module in a2().checks.modules.items()}
    assert points == {"linear_classifier": 55, "two_layer_net": 45}


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_declared_and_complete(exercise: Exercise) -> None:
    assert any(case.hidden for case in exercise.cases)
    assert any(case.hidden and case.worth is None for case in exercise.cases)
    assert all(version.sentence.endswith(".") for version in exercise.misconceptions)
    assert len({version.sentence for version in exercise.misconceptions}) == len(exercise.misconceptions)
    assert exercise.misconceptions or exercise.name == "digits"
    assert exercise.oracle_function or (exercise.properties and exercise.compared is None)
    assert (exercise.naive_version is not None) == (exercise.timed_case is not None) == (exercise.speed_points > 0)


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_reference_agrees_with_its_oracle(bench: Bench, exercise: Exercise) -> None:
    assert proofs.oracle(bench, exercise).gaps == ()


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_misconceptions_are_caught_and_named(bench: Bench, exercise: Exercise) -> None:
    assert proofs.misconceptions(bench, exercise).gaps == ()


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_other_right_formulations_pass(bench: Bench, exercise: Exercise) -> None:
    assert proofs.room(bench, exercise).gaps == ()


def test_reference_scores_everything_without_a_hint() -> None:
    solution = open_submission(a2().solution, list(a2().checks.modules))
    result = check(a2(), solution, Options())
    assert (result.points, result.out_of) == (100, 100)
    assert [one.id for one in result.exercises if one.hints or one.notes] == []


@pytest.mark.parametrize("style", ["styles_1", "styles_2", "styles_3"])
def test_correct_submissions_score_everything(judge: Judge, style: str) -> None:
    result = graded(judge, SUBMISSIONS / style)
    assert [(one.id, one.sentence) for one in result.exercises if one.verdict is not Verdict.RIGHT] == []
    assert result.points == 100


# The mistake that each wrong function of tests/submissions/a2/half makes.
HALF = {
    "linear_classifier.svm_loss_naive": "half_the_regularisation_gradient",
    "linear_classifier.svm_loss_vectorized": "repeated_labels_lost",
    "linear_classifier.softmax_loss_naive": "no_shift",
    "linear_classifier.softmax_loss_vectorized": "shift_by_the_global_maximum",
    "linear_classifier.sample_batch": "the_last_one_never",
    "linear_classifier.train_linear_classifier": "regularised_twice",
    "linear_classifier.test_one_param_set": "never_validated",
    "two_layer_net.nn_forward_backward": "bias_gradients_summed",
    "two_layer_net.nn_train": "no_bias_step",
    "two_layer_net.find_best_net": "history_of_the_last_network",
}


def test_half_right_submission_is_told_its_mistakes(judge: Judge) -> None:
    result = graded(judge, SUBMISSIONS / "half")
    told: dict[str, Any] = {one.id: one.hints for one in result.exercises if one.verdict is not Verdict.RIGHT}
    # Numbers that are chosen freely are told by the claims that they fail.
    assert told.pop("linear_classifier.svm_get_search_params") == ("Perhaps: There are too many pairs to try.",)
    assert told == {id_: (a2().checks.version(f"{id_}#{name}").sentence,) for id_, name in HALF.items()}
