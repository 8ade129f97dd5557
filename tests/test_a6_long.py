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


def test_games_come_far_above_the_limit(references: dict[str, ModuleType]) -> None:
    """How alike the means are at best in many games, by Fisher's z (atanh of the correlation, nearly normal): the limit is six
    deviations below the mean, beyond which lies one normal number in 10^9."""
    exercise = COURSE.assignment("a6").checks["gan.generator.training"]
    declared = exercise.ask.__globals__
    reached = []
    for game in range(GAMES):
        inputs = inputs_of(exercise.id, game % len(exercise.cases))
        torch.manual_seed(game)
        answer = exercise.ask(references["gan"], **{name: inputs[name] for name in exercise.inputs})
        others = declared["shuffled"](inputs["others"], inputs["order"])
        reached.append(declared["best_similarity"](answer["means"], others))
    z = torch.tensor(reached).atanh()
    mean, deviation = float(z.mean()), float(z.std())
    print(f"{GAMES} games: {math.tanh(mean):.3f}, z {mean:.3f} +- {deviation:.3f}, least {min(reached):.3f}")
    assert mean - 6 * deviation > math.atanh(declared["ALIKE"])
