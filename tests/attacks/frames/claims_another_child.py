# ruff: noqa
"""Claims that its forked children are the judge, its parent, another process, or no process at all."""

import itertools
import os

import target
from grader import wire
from tools import attempt

HONEST = {"kernels.pairwise": 20}

attempt()
Spawned = wire.Spawned
pids = itertools.cycle([target.BYSTANDER, target.JUDGE, os.getppid(), os.getpid(), 1, 0, 2**31 - 1])
wire.Spawned = lambda pid: Spawned(next(pids))
