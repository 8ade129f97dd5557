"""Assignment a7."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from grader.judge import Judge
from grader.result import Verdict
from grader.validate.bench import Bench
from tests.coursework import COURSE, SUBMISSIONS, Coursework, make_importable, short, wrong
from tests.false_alarms import inputs_of
from tests.mistakes import most_are_named, rounds, told
from tests.mistakes_a7 import MISTAKES

COURSE_SINUSOID = """
def position_encoding_sinusoid(K, M):
    y = torch.zeros(1, K, M)
    for p in range(K):
        for i in range(M):
            angle = p / math.pow(10000, {exponent})
            y[0, p, i] = math.sin(angle) if i % 2 == 0 else math.cos(angle)
    return y
"""


class TestA7(Coursework):
    name = "a7"
    points = {"transformers": 75, "vit": 25}
    half = {
        "transformers.prepocess_input_sequence": "leading_zeros_lost",
        "transformers.scaled_dot_product_two_loop_single": "no_root",
        "transformers.scaled_dot_product_no_loop_batch": "as_zero",
        "transformers.additive_attention_scores": "sigmoid_for_tanh",
        "transformers.SelfAttention.__init__": "bound_without_root",
        "transformers.EncoderBlock": "norm_before_sum",
        "transformers.get_padding_mask": "rows_of_padding",
        "transformers.DecoderBlock": "cross_is_self",
        "transformers.position_encoding_sinusoid": "cosine_first",
        "vit.patchify": "channels_first",
        "vit.PatchEmbedding": "token_last",
    }
    perhaps = ("transformers.SelfAttention.__init__",)
    blocked = {
        "SelfAttention": "scaled_dot_product_no_loop_batch",
        "SelfAttention.weights_softmax": "SelfAttention",
        "EncoderBlock.dropout": "EncoderBlock",
        "DecoderBlock.dropout": "DecoderBlock",
        "Transformer": "EncoderBlock, DecoderBlock",
        "VisionTransformer": "PatchEmbedding, EncoderBlock",
    }
    differs = {
        "transformers#course": {"position_encoding_sinusoid"},
        "transformers#course_by_column": {"position_encoding_sinusoid"},
    }

    def test_a_folder_of_the_course_in_2022_is_graded_as_it_is(self, untimed: Judge, tmp_path: Path) -> None:
        """No vit.py, no additive attention, no padding mask, the course's own exponent."""
        for edition, exponent in (("course", "2 * (i // 2) // M"), ("course_by_column", "2 * i // M")):
            source = (SUBMISSIONS / "a7" / "styles_1" / "transformers.py").read_text()
            for name in ("additive_attention_scores", "attention_context", "get_padding_mask"):
                source = without(name, source)
            source = without("position_encoding_sinusoid", source) + COURSE_SINUSOID.format(exponent=exponent)
            folder = tmp_path / edition
            folder.mkdir()
            (folder / "transformers.py").write_text(source)
            result = self.graded(untimed, folder)
            away = {"additive_attention_scores", "attention_context", "get_padding_mask"}
            away |= {exercise.name for exercise in self.module("vit").exercises}
            assert {short(one.id) for one in wrong(result)} == away
            assert {one.verdict for one in wrong(result)} == {Verdict.NOT_ATTEMPTED}
            assert result.points == 75 - 8
            told = {module.name: module.edition for module in result.modules}
            assert told["transformers"] == self.module("transformers").editions[edition].sentence

    def test_mistakes_of_students_are_named(self, bench: Bench, tmp_path: Path) -> None:
        """Ten of them; tests/test_mistakes_long.py takes all."""
        chosen = next(chosen for chosen in rounds(self.assignment(), MISTAKES) if chosen[0][0] == 2)
        assert len(chosen) >= 10
        most_are_named(told(bench, chosen, tmp_path))


IN_PLACE = {
    "SelfAttention": "SelfAttention",
    "MultiHeadAttention": "MultiHeadAttention",
    "LayerNormalization": "LayerNormalization",
    "FeedForwardBlock": "FeedForwardBlock",
    "EncoderBlock.dropout": "EncoderBlock",
    "DecoderBlock.dropout": "DecoderBlock",
}


@pytest.mark.parametrize("exercise", IN_PLACE)
def test_inputs_may_be_changed_in_place(exercise: str, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> None:
    """A layer that doubles its first input in place sees twice the input, in the first pass as in the last one."""
    make_importable("a7", monkeypatch)
    reference: Any = getattr(importlib.import_module("transformers"), IN_PLACE[exercise])

    class Beside(reference):  # type: ignore[misc]
        def forward(self, x: Any, *others: Any) -> Any:
            return super().forward(2 * x, *others)

    class InPlace(reference):  # type: ignore[misc]
        def forward(self, x: Any, *others: Any) -> Any:
            return super().forward(x.mul_(2), *others)

    declared = COURSE.assignment("a7").checks[f"transformers.{exercise}"]
    answers = []
    for layer in (Beside, InPlace):
        inputs = inputs_of(declared, 0)
        torch.manual_seed(0)
        submission = SimpleNamespace(**{IN_PLACE[exercise]: layer})
        answers.append(declared.ask(submission, **{name: inputs[name] for name in declared.inputs}))
    torch.testing.assert_close(answers[1], answers[0])


def without(function: str, source: str) -> str:
    """A source without a function that stands at its left edge."""
    rest, found = re.subn(rf"^def {function}\(.*?(?=^(?:def|class) |\Z)", "", source, flags=re.MULTILINE | re.DOTALL)
    assert found == 1
    return rest
