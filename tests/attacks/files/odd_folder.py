# ruff: noqa
"""Is handed in under a name that terminals and browsers obey."""

from tools import attempt

HONEST = {"kernels.pairwise": 20}
FOLDER = "\x1b[2J\x1b]0;title\x07<img src=x onerror=alert(1)>\u202e=cmd()"

attempt()
