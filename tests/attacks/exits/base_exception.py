# ruff: noqa
"""Raises an exception that no handler for exceptions catches, with a traceback without end."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
VERDICTS = ("crashed",)


class Escape(BaseException):
    pass


def pairwise(x, y):
    attempt()
    error = Escape("out")
    for _ in range(2000):
        try:
            raise error
        except Escape as caught:
            error = caught
    raise GeneratorExit from error
