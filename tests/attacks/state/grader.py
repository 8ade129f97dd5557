# ruff: noqa
"""Tries to open the grader's own files and the libraries for writing."""

import sys

import numpy
import torch
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "as root, plain processes write where their user may"}

attempt()
import grader.wire
import grader.worker.serve

for module in (grader.wire, grader.worker.serve, torch, numpy):
    try:
        open(module.__file__, "r+").close()
        breach(f"it may write to {module.__name__}")
    except OSError:
        continue
try:
    open(sys.executable, "r+b").close()
    breach("it may write to the interpreter")
except OSError:
    pass
