# ruff: noqa
"""Reads a secret and puts it into the text and the class of an exception."""

import target
from tools import attempt, read

HONEST = {"kernels.pairwise": 0}
ADMITTED = {"none": "a plain process may read what its user may read"}


def pairwise(x, y):
    attempt()
    loot = (
        read(f"{target.SOLUTIONS}/kernels.py").decode(errors="replace")
        + read(f"/proc/{target.BYSTANDER}/environ").decode()
    )
    raise type(loot[:90].replace("\n", " ") or "Nothing", (Exception,), {})(loot[:500])
