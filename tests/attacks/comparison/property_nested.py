# ruff: noqa
"""Answers a property with lists, dicts and objects, so that judging it fails."""

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt

    attempt()
    return [{"a": [None, object(), {1: 2, (1, 2): 3}]}, 10**400, float("nan")]
