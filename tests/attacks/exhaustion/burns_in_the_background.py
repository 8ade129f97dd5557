# ruff: noqa
"""Starts processes that compute for as long as they are let, while others are graded."""

from tools import attempt, child

HONEST = {"kernels.pairwise": 20}


def burn():
    while True:
        pass


attempt()
for _ in range(3):
    child(burn, daemon=True)
