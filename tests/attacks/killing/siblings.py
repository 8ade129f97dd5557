# ruff: noqa
"""Kills every process that has an ancestor with it in common, from inside one exercise."""

import os
import signal

import target
from tools import attempt, in_own_pid_namespace, others, parents, read

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def ancestry(pid):
    found = []
    while pid > 0:
        text = read(f"/proc/{pid}/stat")
        pid = int(text.rpartition(b")")[2].split()[1]) if text else 0
        found.append(pid)
    return found


def pairwise(x, y):
    attempt()
    mine = parents()
    ours = {pid for pid in mine if pid != target.JUDGE and b"grader.worker" in read(f"/proc/{pid}/cmdline")}
    for pid in others():
        if pid not in mine and (in_own_pid_namespace() or ours & set(ancestry(pid))):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
    return _honest(x, y)
