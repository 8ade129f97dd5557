# ruff: noqa
"""Answers with a request, to have the judge do something."""

from grader import wire
from tools import attempt, frame, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}


def pairwise(x, y):
    attempt()
    instead_of_reply(frame(wire.Spawn()))


def center(x):
    instead_of_reply(frame(wire.LoadModule("/", "os", [], "/", "/etc/passwd")))
