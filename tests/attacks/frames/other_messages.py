# ruff: noqa
"""Answers with messages that are no answers: claims, statuses, counts, another start."""

import itertools

from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}

others = itertools.cycle(
    [
        wire.Claims([]),
        wire.Done(),
        wire.Ready(1),
        wire.Spawned(1),
        wire.Reaped(0),
        wire.Loaded(),
        wire.Counted(0, True, []),
    ]
)


def forge():
    instead_of_reply(frame(next(others)))


def pairwise(x, y):
    attempt()
    forge()


def center(x):
    for _ in range(2):
        next(others)
    forge()


class Momentum:
    def __init__(self, rate, decay):
        for _ in range(5):
            next(others)
        forge()
        raise ValueError
