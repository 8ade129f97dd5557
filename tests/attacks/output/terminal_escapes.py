# ruff: noqa
"""Prints and raises what a terminal obeys: colours, cursor moves, titles, links, and bells."""

import sys

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.center": 10}
_center = center
TEXT = "\x1b[2J\x1b[H\x1b[32m100 of 100\x1b[0m\x1b]0;title\x07\x1b]8;;http://x\x1b\\\x9b31m\x07\x08\r\x7f\x85"


def pairwise(x, y):
    attempt()
    raise ValueError(TEXT)


def center(x):
    print(TEXT)
    print(TEXT, file=sys.stderr)
    return _center(x)
