"""How far games of the references come: two minutes, so `make proofs` runs it."""

from __future__ import annotations

import math
from types import ModuleType

import torch

from tests.coursework import COURSE
from tests.false_alarms import inputs_of
from tests.test_a6 import references

__all__ = ["references"]

GAMES = 100


def test_games_come_far_above_the_limit(references: dict[str, ModuleType]) -> None:
    """How alike the means are at best in many games, by Fisher's z (atanh of the correlation, nearly normal): the limit is six
    deviations below the mean, beyond which lies one normal number in 10^9."""
    exercise = COURSE.assignment("a6").checks["gan.generator.training"]
    declared = exercise.ask.__globals__
    reached = []
    for game in range(GAMES):
        inputs = inputs_of(exercise, game % len(exercise.cases))
        torch.manual_seed(game)
        answer = exercise.ask(references["gan"], **{name: inputs[name] for name in exercise.inputs})
        others = declared["shuffled"](inputs["others"], inputs["order"])
        reached.append(declared["best_similarity"](answer["means"], others))
    z = torch.tensor(reached).atanh()
    mean, deviation = float(z.mean()), float(z.std())
    print(f"{GAMES} games: {math.tanh(mean):.3f}, z {mean:.3f} +- {deviation:.3f}, least {min(reached):.3f}")
    assert mean - 6 * deviation > math.atanh(declared["ALIKE"])
