# ruff: noqa
"""Never ends."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    while True:
        pass
