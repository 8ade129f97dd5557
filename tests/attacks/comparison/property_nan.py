# ruff: noqa
"""Answers a property with NaN, which is neither dropped nor kept."""

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt

    attempt()
    return x * float("nan")
