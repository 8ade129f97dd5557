# ruff: noqa
"""Sets limits, priority and processors of another process."""

import os
import resource

import target
from tools import attempt

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may limit its user's other processes"}

attempt()
for change in (
    lambda: resource.prlimit(target.BYSTANDER, resource.RLIMIT_NOFILE, (3, 3)),
    lambda: os.setpriority(os.PRIO_PROCESS, target.BYSTANDER, 19),
    lambda: os.sched_setaffinity(target.BYSTANDER, {0}),
):
    try:
        change()
    except OSError:
        continue
