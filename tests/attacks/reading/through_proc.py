# ruff: noqa
"""Reads the reference solutions through the root and the folder of other processes."""

import target
from tools import attempt, others, read, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may read what its user may read"}

attempt()
for pid in {target.JUDGE, target.BYSTANDER, *others()}:
    for place in ("root", "cwd", "task/1/root", "cwd/.."):
        search(read(f"/proc/{pid}/{place}/{target.SOLUTIONS}/kernels.py"))
