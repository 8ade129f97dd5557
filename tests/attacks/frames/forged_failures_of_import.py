# ruff: noqa
"""Claims, while it is imported, that the grader's own environment is at fault."""

from grader import wire
from tools import attempt, frame, sockets

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}

attempt()
claim = wire.Failure("environment", "ImportError", "", [wire.Frame("/etc/passwd", 1, "x", "y")] * 50, "the grader")
for sock in sockets():
    sock.send(frame(wire.Loaded(claim, ["grader"])))
