# ruff: noqa
"""Opens the system's settings and devices for writing."""

import glob
import os

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "as root, a plain process may change the system"}

PLACES = ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/dev/mem", "/dev/kmsg", "/proc/sys/kernel/hostname"]
PLACES += ["/sys/kernel/uevent_helper", "/proc/1/mem", f"/proc/{target.JUDGE}/mem", "/proc/sys/vm/overcommit_memory"]

attempt()
for place in PLACES + glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)[:20] + glob.glob("/dev/[sv]d*"):
    try:
        os.close(os.open(place, os.O_WRONLY))
        breach(f"it may write to {place}")
    except OSError:
        continue
