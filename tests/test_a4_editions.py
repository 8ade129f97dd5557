"""Assignment a4, handed in as other editions of the course have it: the notebook of 2019, the file of 2022."""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.judge import Judge, Options
from grader.result import Result
from grader.submission import open_submission
from grader.validate.bench import Bench
from tests.coursework import COURSE, ROOT

SUBMISSIONS = ROOT / "tests" / "submissions" / "a4"
RNN = "rnn_lstm_attention_captioning"


@pytest.fixture(scope="module")
def a4() -> Assignment:
    return COURSE.assignment("a4")


@pytest.fixture(scope="module")
def bench(a4: Assignment) -> Iterator[Bench]:
    with Bench(a4) as opened:
        yield opened


def graded(a4: Assignment, bench: Bench, folder: Path, names: tuple[str, ...] = ()) -> Result:
    """The exercises of the recurrent module, or some of them."""
    chosen = tuple(e.id for e in a4.checks.modules[RNN].exercises if not names or e.name in names)
    options = Options(exercises=chosen, secret=b"editions", timed=False)
    judge = Judge(a4, bench.oracle, bench.nursery, options)
    return judge.grade(open_submission(folder, a4.checks.modules), "none")


def wrong(result: Result) -> list[tuple[str, str | None]]:
    return [(one.id, one.sentence) for one in result.exercises if one.verdict != "right"]


def test_the_file_of_2022_under_its_own_name(a4: Assignment, bench: Bench) -> None:
    """Layers with methods instead of functions, no dtype and no device, an ImageEncoder, "attn"."""
    folder = SUBMISSIONS / "edition_2022"
    submission = open_submission(folder, a4.checks.modules)
    assert submission.notes == (f"rnn_lstm_captioning.py is taken for {RNN}.py",)
    assert sorted(file.name for file in folder.glob("*.py")) == ["rnn_lstm_captioning.py"], "nothing is written there"
    result = graded(a4, bench, folder)
    assert wrong(result) == []
    assert (result.points, result.out_of) == (45, 45)


def test_a_wrong_method_of_2022_is_told_its_mistake(a4: Assignment, bench: Bench, tmp_path: Path) -> None:
    text = (SUBMISSIONS / "edition_2022" / "rnn_lstm_captioning.py").read_text()
    right = "c, h, hn = torch.zeros_like(h0), h0, []"
    assert right in text
    (tmp_path / "rnn_lstm_captioning.py").write_text(text.replace(right, "c, h, hn = h0, h0, []"))
    result = graded(a4, bench, tmp_path, ("lstm_forward",))
    (one,) = result.exercises
    assert one.verdict == "wrong"
    assert one.hints == (a4.checks.version(f"{RNN}.lstm_forward#cell_from_h0").sentence,)


BY_THE_LIBRARY = """
        H = h0.shape[1]
        order = torch.cat([torch.arange(2 * H), torch.arange(3 * H, 4 * H), torch.arange(2 * H, 3 * H)])
        net = nn.LSTM(x.shape[2], H, batch_first=True, dtype=x.dtype)
        net.weight_ih_l0.copy_(self.Wx.T[order])
        net.weight_hh_l0.copy_(self.Wh.T[order])
        net.bias_ih_l0.copy_(self.b[order])
        net.bias_hh_l0.zero_()
        return net(x, (h0[None], torch.zeros_like(h0[None])))[0]


"""


def test_the_rules_hold_for_the_methods_of_2022(a4: Assignment, bench: Bench, tmp_path: Path) -> None:
    text = (SUBMISSIONS / "edition_2022" / "rnn_lstm_captioning.py").read_text()
    begin = text.index("        c, h, hn = torch.zeros_like(h0)")
    end = text.index("def dot_product_attention")
    (tmp_path / "rnn_lstm_captioning.py").write_text(text[:begin] + BY_THE_LIBRARY + text[end:])
    (one,) = graded(a4, bench, tmp_path, ("lstm_forward",)).exercises
    assert one.verdict == "broke_rule" and "torch.nn.LSTM" in (one.sentence or "")


# What a notebook does with the functions that it defines outside of the class.
BOUND = {
    "bound to the usual names": "CaptioningRNN.forward = captioning_forward\nCaptioningRNN.sample = sample_caption",
    "bound to their own names": (
        "CaptioningRNN.captioning_forward = captioning_forward\nCaptioningRNN.sample_caption = sample_caption"
    ),
    "not bound": "",
}


@pytest.mark.parametrize("how", BOUND)
def test_the_notebook_of_2019(how: str, a4: Assignment, bench: Bench, tmp_path: Path) -> None:
    """Functions outside of their class, and a default that a cell computes from data."""
    source = (SUBMISSIONS / "styles_3" / f"{RNN}.py").read_text()
    cells = ["NULL_index = data_dict['vocab']['token_to_idx']['<NULL>']"]
    for node in ast.parse(source).body:
        text = ast.get_source_segment(source, node) or ""
        if isinstance(node, ast.FunctionDef) and node.name == "temporal_softmax_loss":
            text = text.replace("ignore_index=None", "ignore_index=NULL_index")
        if isinstance(node, ast.ClassDef) and node.name == "CaptioningRNN":
            text = text.replace("ignore_index=None", "ignore_index=NULL_index")
            for method, own in (("forward", "captioning_forward"), ("sample", "sample_caption")):
                (found,) = (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == method)
                body = ast.get_source_segment(source, found, padded=True) or ""
                text = text.replace(body, f"    def {method}(self):\n        raise NotImplementedError")
                cells.append(textwrap.dedent(body).replace(f"def {method}(", f"def {own}("))
        cells.append(text)
    cells += [BOUND[how], "small_data = coutils.train(CaptioningRNN)"]
    notebook = {
        "cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    (tmp_path / f"{RNN}.ipynb").write_text(json.dumps(notebook))
    names = ("temporal_softmax_loss", "CaptioningRNN.forward", "CaptioningRNN.sample")
    result = graded(a4, bench, tmp_path, names)
    assert len(result.exercises) == 3 and wrong(result) == []
