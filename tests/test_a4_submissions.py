"""Assignment a4: right solutions in other styles get all points, wrong ones are told their mistakes, stubs get nothing."""

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
SUBMISSIONS = Path(__file__).parent / "submissions" / "a4"
SECRET = b"the secret of test_a4_submissions"


@cache
def a4() -> Assignment:
    return find_course(ROOT).assignment("a4")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(a4()) as opened:
        yield opened


@pytest.fixture(scope="module")
def judge(bench: Bench) -> Judge:
    """One judge for all submissions: the reference answers once."""
    return Judge(a4(), bench.oracle, bench.nursery, Options(secret=SECRET))


def graded(judge: Judge, folder: Path) -> Result:
    return judge.grade(open_submission(folder, list(a4().checks.modules)), "none")


def test_reference_scores_everything_without_a_hint(judge: Judge) -> None:
    result = graded(judge, a4().solution)
    assert (result.points, result.out_of) == (100, 100)
    assert [one.id for one in result.exercises if one.hints or one.notes] == []


def test_stubs_score_nothing(judge: Judge) -> None:
    result = graded(judge, a4().folder)
    assert (result.points, result.out_of) == (0, 100)
    assert {one.verdict for one in result.exercises} == {Verdict.NOT_ATTEMPTED}


@pytest.mark.parametrize("style", ["styles_1", "styles_2", "styles_3"])
def test_correct_submissions_score_everything(judge: Judge, style: str) -> None:
    result = graded(judge, SUBMISSIONS / style)
    assert [(one.id, one.sentence) for one in result.exercises if one.verdict is not Verdict.RIGHT] == []
    assert [(one.id, one.hints) for one in result.exercises if one.hints] == []
    assert result.points == 100


# The mistake that each wrong function of tests/submissions/a4/half makes.
HALF = {
    "pytorch_autograd_and_nn.three_layer_convnet": "no_second_relu",
    "pytorch_autograd_and_nn.initialize_three_layer_conv_part2": "without_gain",
    "pytorch_autograd_and_nn.ResidualBlock": "relu_after_the_sum",
    "rnn_lstm_attention_captioning.rnn_step_backward": "tanh_twice",
    "rnn_lstm_attention_captioning.temporal_softmax_loss": "averaged_over_words",
    "rnn_lstm_attention_captioning.lstm_forward": "cell_from_h0",
    "rnn_lstm_attention_captioning.dot_product_attention": "no_root",
    "network_visualization.compute_saliency_maps": "absolute_too_late",
    "network_visualization.make_adversarial_attack": "without_stopping",
    "style_transfer.content_loss": "content_averaged",
    "style_transfer.gram_matrix": "gram_over_pixels",
    "style_transfer.tv_loss": "variation_across",
}
# The outputs of this one are random, and told by what is wrong with them.
PERHAPS = ("initialize_three_layer_conv_part2",)


def test_half_right_submission_is_told_its_mistakes(bench: Bench) -> None:
    judge = Judge(a4(), bench.oracle, bench.nursery, Options(secret=SECRET, timed=False))
    result = graded(judge, SUBMISSIONS / "half")
    told = {one.id: one.hints for one in result.exercises if one.verdict is Verdict.WRONG}
    assert told == {
        id_: ("Perhaps: " * id_.endswith(PERHAPS) + a4().checks.version(f"{id_}#{name}").sentence,)
        for id_, name in HALF.items()
    }
    blocked = {one.id.partition(".")[2]: one.cause for one in result.exercises if one.verdict is Verdict.BLOCKED}
    assert set(blocked) == {
        "ResNet",
        "rnn_backward",
        "attention_forward",
        "CaptioningRNN.forward",
        "CaptioningRNN.sample",
        "style_loss",
    }
    assert blocked["rnn_backward"] == "rnn_lstm_attention_captioning.rnn_step_backward"
