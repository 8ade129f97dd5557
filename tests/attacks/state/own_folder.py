# ruff: noqa
"""Writes into its own submission: another module, another helper, bytecode."""

import os

from tools import attempt

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "plain processes write where their user may"}
TWICE = True

attempt()
folder = os.path.dirname(__file__)
for name in ("chance.py", "left.py"):
    try:
        with open(f"{folder}/{name}", "a") as file:
            file.write("# changed\n")
    except OSError:
        continue
