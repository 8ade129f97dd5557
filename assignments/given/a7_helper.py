"""Helpers of the seventh assignment (transformers).

Covered: sums and differences of small numbers as text (``expressions``), the vocabulary and the special tokens, and
``show_attention``, which draws weights as a picture.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from torch import Tensor

__all__ = ["SPECIAL_TOKENS", "VOCABULARY", "expressions", "show_attention"]

SPECIAL_TOKENS = ["POSITIVE", "NEGATIVE", "add", "subtract", "BOS", "EOS"]
VOCABULARY = [*map(str, range(10)), *SPECIAL_TOKENS]


def expressions(n: int, *, digits: int = 2, seed: int = 0) -> tuple[list[str], list[str]]:
    """n random questions and their answers, as text with a space between words.

    A question: "BOS POSITIVE 07 subtract NEGATIVE 42 EOS"; its answer: "BOS POSITIVE 049 EOS". Numbers have `digits`
    digits, answers one more, so that all questions have one length, and all answers.
    """
    source = random.Random(seed)
    questions, answers = [], []
    for _ in range(n):
        a, b = (source.randrange(1 - 10**digits, 10**digits) for _ in range(2))
        operation = source.choice(["add", "subtract"])
        questions.append(f"BOS {_words(a, digits)} {operation} {_words(b, digits)} EOS")
        answers.append(f"BOS {_words(a + b if operation == 'add' else a - b, digits + 1)} EOS")
    return questions, answers


def _words(number: int, digits: int) -> str:
    return f"{'NEGATIVE' if number < 0 else 'POSITIVE'} {abs(number):0{digits}d}"


def show_attention(axes: Any, weights: Tensor, rows: Sequence[str], columns: Sequence[str], title: str = "") -> None:
    """Draw weights (K, T) into a panel of matplotlib: a row for each query, a column for each key; dark is 1."""
    axes.imshow(weights.detach().cpu(), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_title(title, fontsize=9)
