# ruff: noqa
"""Is right but for a NaN, which a maximum over the errors may lose."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
_honest = pairwise


def pairwise(x, y):
    attempt()
    answer = _honest(x, y)
    answer[-1, -1] = float("nan")
    return answer
