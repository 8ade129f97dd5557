"""Chance, the same for whoever is asked a question."""

from __future__ import annotations

import random

import numpy as np
import torch


def seed(number: int) -> None:
    """Begin all generators that a question may draw from with this number."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.manual_seed(number)
    else:  # the same, without the notes for a GPU that is found later: they cost more than most questions
        torch.default_generator.manual_seed(number)
    np.random.seed(number % 2**32)
    random.seed(number)
