# ruff: noqa
"""Answers a dict with keys of a million characters, thousands of keys, and keys that are no names."""

from tools import answer, attempt, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}


def pairwise(x, y):
    attempt()
    instead_of_reply(answer(**{"k" * (1 << 20): 1.0, "distances": x, "\x1b[2J<script>": x}))


def center(x):
    instead_of_reply(answer(**{f"key {i}": None for i in range(50_000)}))


class Momentum:
    def __init__(self, rate, decay):
        instead_of_reply(answer(weights={("a", 1): 1, None: 2, 1.5: 3, True: 4, "\x1b[31m" * 5000: 5}))
        raise ValueError
