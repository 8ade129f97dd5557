# ruff: noqa
"""Never ends, in C, where Python looks at no signal."""

import itertools

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    return all(itertools.repeat(True))
