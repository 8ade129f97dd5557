"""The false alarms of a6's properties, on many runs of the references: some minutes, so `make proofs` runs it."""

from __future__ import annotations

import math
from types import ModuleType

import pytest
import torch

from tests.coursework import COURSE
from tests.test_a6 import STATISTICAL, false_alarms, inputs_of, references

__all__ = ["references"]

GAMES = 100


@pytest.mark.parametrize("exercise_id", STATISTICAL)
def test_ten_thousand_runs_raise_no_alarm(references: dict[str, ModuleType], exercise_id: str) -> None:
    assert false_alarms(references, exercise_id, 10_000) == []


def test_games_end_far_from_the_limit(references: dict[str, ModuleType]) -> None:
    """What is left of the distance, in many games: the logarithm of the limit is six deviations above the mean of its
    logarithms, beyond which lies one normal number in 10^9."""
    exercise = COURSE.assignment("a6").checks["gan.generator.training"]
    declared = exercise.ask.__globals__
    left = []
    for game in range(GAMES):
        inputs = inputs_of(exercise.id, game % len(exercise.cases))
        torch.manual_seed(game)
        answer = exercise.ask(references["gan"], **{name: inputs[name] for name in exercise.inputs})
        began, ended = declared["distances"](inputs["others"], answer["before"], answer["after"])
        left.append(ended / began)
    logarithms = torch.tensor(left).log()
    mean, deviation = float(logarithms.mean()), float(logarithms.std())
    print(
        f"left of the distance: {math.exp(mean):.3f}; deviation of its logarithm {deviation:.3f}, largest {max(left):.3f}"
    )
    assert mean + 6 * deviation < math.log(declared["NEARER"])
