# ruff: noqa
"""Never ends while its answer is packed: an endless list, an endless dict, an endless text."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0


class Endless(list):
    def __iter__(self):
        while True:
            yield 0.0

    def __len__(self):
        return 1


def pairwise(x, y):
    attempt()
    return Endless()
