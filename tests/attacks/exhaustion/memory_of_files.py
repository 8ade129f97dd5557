# ruff: noqa
"""Fills memory with files that have no name, which no limit on address space counts."""

import os

from tools import attempt, breach

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}
ADMITTED = {"none": "without a control group, memory that no process maps is not counted"}
HEAVY = True
SECONDS = 20.0

attempt()
page, size, made = b"x" * (1 << 26), 0, []
while size < 5 << 30:
    if size % (1 << 28) == 0:
        made.append(os.memfd_create("x"))  # a file may not be large, and there may be many
    size += os.write(made[-1], page)
breach("it holds 5 GB")
raise ValueError
