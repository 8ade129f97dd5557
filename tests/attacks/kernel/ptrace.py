# ruff: noqa
"""Attaches itself as a debugger to its parents, the judge and another process."""

import os

import target
from tools import attempt, breach, libc, parents

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may debug its user's other processes"}

attempt()
for pid in {target.BYSTANDER, os.getppid(), *parents()[:2]} - {target.JUDGE, 1}:
    if libc().ptrace(0x4206, pid, 0, 0) == 0:  # PTRACE_SEIZE
        libc().ptrace(17, pid, 0, 0)  # PTRACE_DETACH
        breach(f"it debugs {pid}")
