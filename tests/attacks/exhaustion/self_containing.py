# ruff: noqa
"""Answers a list that contains itself."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}


def pairwise(x, y):
    attempt()
    answer = []
    answer.append(answer)
    return answer
