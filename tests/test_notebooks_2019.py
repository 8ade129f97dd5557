"""Notebooks in the manner of the course of 2019, on a machine without a GPU: all that is right in them is called right,
and what is wrong is told its mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Plain
from grader.submission import open_submission
from tests.conftest import one
from tests.coursework import COURSE, wrong
from tests.notebooks_2019 import write

# Of each assignment: its notebooks, and of the last one a function that is wrong, what is written for what in it, and
# words of the sentence that names the mistake.
NOTEBOOKS: dict[str, tuple[tuple[str, ...], str, tuple[str, str], str]] = {
    "a1": (
        ("knn",),
        "predict_labels",
        ("votes.argmax(dim=1)", "y_train[nearest].median(dim=1).values"),
        "The middle one",
    ),
    "a2": (
        ("linear_classifier", "two_layer_net"),
        "nn_forward_pass",
        (".clamp(min=0)", ".clamp(max=0)"),
        "keeps the negative values instead of the positive ones",
    ),
    "a3": (
        ("fully_connected_networks", "convolutional_networks"),
        "BatchNorm.forward",
        ("(running_var + eps).sqrt()", "(running_var.sqrt() + eps)"),
        "the root",
    ),
    "a4": (
        ("pytorch_autograd_and_nn",),
        "three_layer_convnet",
        (
            "F.relu(F.conv2d(hidden, conv_w2, conv_b2, padding='same'))",
            "F.conv2d(hidden, conv_w2, conv_b2, padding='same')",
        ),
        "ReLU after the second convolution is missing",
    ),
    "a6": (("gan",), "ls_generator_loss", ("0.5 * (scores_fake - 1)", "(scores_fake - 1)"), "half is missing"),
}


@pytest.fixture(scope="module")
def plain() -> Iterator[Plain]:
    """The processes that all are forked from."""
    with Plain() as opened:
        yield opened


def graded(plain: Plain, name: str, folder: Path, exercise: str | None = None) -> Result:
    """The record of a folder of notebooks: without timed questions, and of all exercises the public cases only."""
    assignment = COURSE.assignment(name)
    chosen = None if exercise is None else tuple(found.id for found in assignment.select([exercise]))
    judge = Judge(
        assignment, Oracle(plain, assignment), plain, Options(timed=False, public_only=chosen is None, exercises=chosen)
    )
    return judge.grade(open_submission(folder, assignment.checks.modules), "none")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_all_that_is_right_is_called_right(name: str, plain: Plain, tmp_path: Path) -> None:
    modules, *_ = NOTEBOOKS[name]
    for module in modules:
        write(f"{name}/{module}", tmp_path)
    result = graded(plain, name, tmp_path)
    mine = [told for told in wrong(result) if told.id.partition(".")[0] in modules]
    assert [(told.id, told.verdict, told.sentence) for told in mine] == []
    assert {told.name for told in result.modules if told.imported} >= {*modules}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_wrong_is_told_its_mistake(name: str, plain: Plain, tmp_path: Path) -> None:
    modules, exercise, (right, mistaken), words = NOTEBOOKS[name]
    for module in modules:
        write(f"{name}/{module}", tmp_path, {right: mistaken} if module == modules[-1] else None)
    told = one(graded(plain, name, tmp_path, exercise), exercise)
    assert any(words in hint for hint in told.hints), (told.sentence, told.hints)
