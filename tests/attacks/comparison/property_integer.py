# ruff: noqa
"""Answers a property with an integer so long that the judge itself cannot pass it on."""

from grader import wire

MODULE = "chance"
HONEST = {"chance.drop": 0}


def drop(x, p):
    from tools import attempt, frame, instead_of_reply

    attempt()
    node = wire.MappingNode([("out", wire.BigInt("f" * 3500))])
    instead_of_reply(frame(wire.Answer(wire.Packed(node))))
