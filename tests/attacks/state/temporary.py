# ruff: noqa
"""Leaves files in every folder that all users share, and looks for earlier ones."""

import os
import tempfile

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "plain processes write where their user may"}
TWICE = True

attempt()
folders = (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue", os.path.expanduser("~"))
paths = [f"{folder}/{target.MARKER}-left" for folder in folders]
for path in paths:
    if os.path.exists(path):
        breach(f"it has found {path}")
for path in paths:
    try:
        open(path, "w").close()
    except OSError:
        continue
