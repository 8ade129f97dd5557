"""Assignment a3: right solutions in other styles get all points, wrong ones are told their mistakes, stubs get nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.judge import Judge, Options
from grader.result import Result, Verdict
from grader.submission import open_submission
from grader.validate.bench import Bench

ROOT = Path(__file__).parent.parent
SUBMISSIONS = Path(__file__).parent / "submissions" / "a3"
SECRET = b"the secret of test_a3_submissions"


@cache
def a3() -> Assignment:
    return find_course(ROOT).assignment("a3")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(a3()) as opened:
        yield opened


@pytest.fixture(scope="module")
def judge(bench: Bench) -> Judge:
    """One judge for all submissions: the reference answers once."""
    return Judge(a3(), bench.oracle, bench.nursery, Options(secret=SECRET))


def graded(judge: Judge, folder: Path) -> Result:
    return judge.grade(open_submission(folder, list(a3().checks.modules)), "none")


def test_reference_scores_everything_without_a_hint(judge: Judge) -> None:
    result = graded(judge, a3().solution)
    assert (result.points, result.out_of) == (100, 100)
    assert [one.id for one in result.exercises if one.hints or one.notes] == []


def test_stubs_score_nothing(judge: Judge) -> None:
    result = graded(judge, a3().folder)
    assert (result.points, result.out_of) == (0, 100)
    assert {one.verdict for one in result.exercises} == {Verdict.NOT_ATTEMPTED}


@pytest.mark.parametrize("style", ["styles_1", "styles_2", "styles_3"])
def test_correct_submissions_score_everything(judge: Judge, style: str) -> None:
    result = graded(judge, SUBMISSIONS / style)
    assert [(one.id, one.sentence) for one in result.exercises if one.verdict is not Verdict.RIGHT] == []
    assert [(one.id, one.hints) for one in result.exercises if one.hints] == []
    assert result.points == 100
    # The third one takes half of the L2 term, which is right as well.
    (edition,) = a3().checks.modules["fully_connected_networks"].editions.values()
    found = [module.edition for module in result.modules]
    assert found == [edition.sentence if style == "styles_3" else None, None]


# The mistake that each wrong function of tests/submissions/a3/half makes.
HALF = {
    "fully_connected_networks.TwoLayerNet.loss": "half_of_the_gradient",
    "fully_connected_networks.get_three_layer_network_params": "learning_rate_too_small",
    "fully_connected_networks.sgd_momentum": "velocity_without_learning_rate",
    "fully_connected_networks.adam": "adams_epsilon_under_the_root",
    "fully_connected_networks.Dropout.forward": "p_keeps",
    "convolutional_networks.Conv.backward": "empty_without_padding",
    "convolutional_networks.MaxPool.backward": "maxima_overwritten",
    "convolutional_networks.ThreeLayerConvNet.loss": "no_relu_in_the_middle",
    "convolutional_networks.kaiming_initializer": "filters_inputs_first",
    "convolutional_networks.BatchNorm.forward": "eps_outside_the_root_in_test_mode",
    "convolutional_networks.BatchNorm.backward": "no_term_through_the_mean",
}
# The outputs of these are random or chosen, and told by what is wrong with them.
PERHAPS = ("get_three_layer_network_params", "Dropout.forward", "kaiming_initializer")


def test_half_right_submission_is_told_its_mistakes(bench: Bench) -> None:
    judge = Judge(a3(), bench.oracle, bench.nursery, Options(secret=SECRET, timed=False))
    result = graded(judge, SUBMISSIONS / "half")
    told = {one.id: one.hints for one in result.exercises if one.verdict is Verdict.WRONG}
    assert told == {
        id_: ("Perhaps: " * id_.endswith(PERHAPS) + a3().checks.version(f"{id_}#{name}").sentence,)
        for id_, name in HALF.items()
    }
    blocked = {one.id.partition(".")[2]: one.cause for one in result.exercises if one.verdict is Verdict.BLOCKED}
    assert set(blocked) == {
        "FullyConnectedNet.dropout",
        "Dropout.backward",
        "DeepConvNet.__init__",
        "DeepConvNet.loss",
        "create_convolutional_solver_instance",
        "SpatialBatchNorm.forward",
        "SpatialBatchNorm.backward",
    }
    assert blocked["SpatialBatchNorm.forward"] == "convolutional_networks.BatchNorm.forward"
    # What is wrong with them is what is wrong with the layer that they call.
    hints = {one.id: one.hints for one in result.exercises}
    for way in ("forward", "backward"):
        below = f"convolutional_networks.BatchNorm.{way}"
        assert hints[f"convolutional_networks.SpatialBatchNorm.{way}"] == hints[below]
