# ruff: noqa
"""Answers a property with text, so that judging it fails and nobody is graded."""

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt

    attempt()
    return "dropped"
