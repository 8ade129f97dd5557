# ruff: noqa
"""Reads the environment of every process that it sees."""

import target
from tools import attempt, others, read, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may read the environment of its user's other processes"}

attempt()
for pid in {target.JUDGE, target.BYSTANDER, *others()}:
    search(read(f"/proc/{pid}/environ"))
