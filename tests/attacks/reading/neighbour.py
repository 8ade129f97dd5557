# ruff: noqa
"""Reads another submission."""

import os

import target
from tools import attempt, read, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may read what its user may read"}

attempt()
search(read(f"{target.NEIGHBOUR}/kernels.py"))
above = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
try:
    for name in os.listdir(above):
        search(read(f"{above}/{name}/kernels.py"))
except OSError:
    pass
