# ruff: noqa
"""Sets environment variables of its own and, through their memory, of nobody else; looks for earlier ones."""

import os

from tools import attempt, breach, libc

HONEST = {"kernels.pairwise": 20}
TWICE = True
_honest = pairwise

attempt()
if "LEFT_BEHIND" in os.environ:
    breach("it has found what an earlier submission has left")
for name in ("LEFT_BEHIND", "LD_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "OMP_NUM_THREADS"):
    os.environ[name] = "left"
libc().setenv(b"LEFT_BEHIND", b"left", 1)


def pairwise(x, y):
    return _honest(x, y)
