# ruff: noqa
"""Leaves out the output that a property looks at."""

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt, worker

    attempt()
    worker().checks["chance.drop"].ask = lambda sub, **inputs: {}
    from grader import wire
    from tools import answer, instead_of_reply

    instead_of_reply(answer(other=1))
    return x
