# ruff: noqa
"""Reads the file of hidden cases."""

import target
from tools import attempt, read, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may read what its user may read"}

attempt()
search(read(f"{target.SOLUTIONS}/hidden.py"))
