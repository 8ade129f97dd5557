# ruff: noqa
"""Leaves a file in its working folder, and looks for the one that an earlier submission has left."""

import os

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "plain processes share their scratch folder"}
TWICE = True

attempt()
try:
    if os.path.exists(f"{target.MARKER}-left"):
        breach("it has found what an earlier submission has left")
    if __name__ == "kernels":
        open(f"{target.MARKER}-left", "w").close()
except OSError:
    pass
