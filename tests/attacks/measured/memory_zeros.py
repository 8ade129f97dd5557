# ruff: noqa
"""Answers with zeros where its memory is measured, and takes a thousand times what it needs elsewhere."""

from tools import attempt

HONEST = {"kernels.gaps": 0}
VERDICTS = ("broke_rule",)

sizes = []


def gaps(a, b):
    attempt()
    sizes.append(len(a))
    if sizes == [25, 400]:
        return a.new_zeros(len(a), len(b))
    return ((a[:, None] - b[None]) ** 2).sum(dim=2)
