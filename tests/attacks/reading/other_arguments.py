# ruff: noqa
"""Reads the arguments of every process that it sees."""

import target
from tools import attempt, others, read, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "every process of this machine is to be seen"}

attempt()
for pid in {target.JUDGE, target.BYSTANDER, *others()}:
    search(read(f"/proc/{pid}/cmdline"))
