# ruff: noqa
"""Reads the home directory."""

import os

import target
from tools import attempt, read, search

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may read what its user may read"}

attempt()
for home in (target.HOME, os.path.expanduser("~"), "/root"):
    search(read(f"{home}/.netrc"))
