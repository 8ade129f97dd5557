# ruff: noqa
"""Answers a question that a property judges with the property's own verdict."""

from grader import wire

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt, frame, instead_of_reply

    attempt()
    instead_of_reply(frame(wire.Claims([])))
