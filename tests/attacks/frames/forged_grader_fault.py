# ruff: noqa
"""Claims that the grader has failed, so that nobody is graded."""

from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}


def pairwise(x, y):
    attempt()
    instead_of_reply(
        frame(wire.Failure("grader_fault", "OracleFault", "the reference worker is gone", detail="grader"))
    )


def center(x):
    instead_of_reply(frame(wire.Failure("", "", "", detail="grader")))
