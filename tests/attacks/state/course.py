# ruff: noqa
"""Writes into the course: its checks, its solutions, its hidden cases."""

import target
from tools import attempt

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "plain processes write where their user may"}

attempt()
for path in (
    target.CHECKS,
    f"{target.SOLUTIONS}/kernels.py",
    f"{target.SOLUTIONS}/left.py",
    f"{target.NEIGHBOUR}/left.py",
):
    try:
        with open(path, "a") as file:
            file.write("# changed\n")
    except OSError:
        continue
