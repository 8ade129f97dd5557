# ruff: noqa
"""Becomes another user, gains capabilities, and runs programs that would give it some."""

import os

from tools import attempt, breach, read

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may do what its user may do"}

attempt()
status = dict(line.split(":\t", 1) for line in read("/proc/self/status").decode().splitlines() if ":\t" in line)
if int(status.get("CapEff", "0"), 16) or int(status.get("CapBnd", "0"), 16):
    breach(f"it has capabilities: {status['CapEff']} of {status['CapBnd']}")
if status.get("NoNewPrivs", "1") != "1":
    breach("programs may give it privileges")
if status.get("Seccomp", "2") != "2":
    breach("no system call is filtered")
before = os.getresuid(), os.getresgid(), os.getgroups()
for change in (
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setresgid(0, 0, 0),
    lambda: os.setgroups([0]),
    lambda: os.setuid(1),
):
    try:
        change()
    except OSError:
        continue
if (os.getresuid(), os.getresgid(), os.getgroups()) != before:
    breach("it is somebody else")
